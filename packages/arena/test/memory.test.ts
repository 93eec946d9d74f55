import { Memory, PAGE_SIZE } from '../src/memory.js'

/** A memory of so many pages of which nothing is reserved: arithmetic only. */
const imagine = (pages: number): Memory => new Memory({ pages, segments: [] })

const few = [1, 2, 63, 1023, 1024, 2047]
test.each(few)('%i pages are reserved, and one that is never used', pages => {
  const { segments } = Memory.reserve(pages)
  const sizes = segments.map(segment => segment.byteLength)
  expect(sizes.reduce((sum, size) => sum + size)).toBe((pages + 1) * PAGE_SIZE)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(2 ** 30)
})

const many = [64, 1024, 32767, 32768, 65535]
test.each(many)('of %i pages each first and last granule has a name', pages => {
  const memory = imagine(pages)
  const granule = 1 << memory.granuleBits
  const seen = new Set<number>([0])
  for (const page of [1, 2, 1023, 1024, 1025, 16384, 32767, pages].filter(each => each <= pages)) {
    for (const byte of [0, granule, PAGE_SIZE - granule]) {
      const ref = memory.refAt(page, byte)
      expect(ref).toBe(ref | 0)
      expect(memory.pageOf(ref)).toBe(page)
      expect(memory.byteInPage(ref)).toBe(byte)
      expect(ref >>> memory.segmentShift).toBe(page >> 10)
      expect((ref & memory.granuleMask) << memory.wordShift)
        .toBe(((page & 1023) * PAGE_SIZE + byte) / 4)
      seen.add(ref)
    }
  }
  expect(seen.size % 3).toBe(1)
})

test('words and bytes are the same memory', () => {
  const memory = new Memory(Memory.reserve(2))
  const ref = memory.refAt(2, 800)
  const at = (ref & memory.granuleMask) << memory.wordShift
  memory.words[0][at] = 0x04030201
  expect([...memory.bytes[0].subarray(at * 4, at * 4 + 5)]).toEqual([1, 2, 3, 4, 0])
})
