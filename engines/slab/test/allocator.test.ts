import { Memory, PAGE_SIZE, type Ref } from '@memplug/arena'
import { SlabAllocator } from '../src/allocator.js'
import { Classes } from '../src/classes.js'
import { reserveSlabs } from '../src/shared.js'
import { Heap, SIZES } from './heap.js'

test('every class fills its pages, as many as there are and no more', () => {
  for (const [i, size] of SIZES.entries()) {
    const heap = new Heap(3)
    expect(heap.fill(size).length).toBe(3 * Math.floor(PAGE_SIZE / size))
    expect(heap.allocator.classOf([...heap.chunks.keys()][0])).toBe(i)
    if (heap.chunks.size < 10_000) heap.check()
    expect(heap.allocator.totalBytes()).toBe(3 * PAGE_SIZE)
  }
})

test('a chunk of over half a page takes a page, one of over a page takes its neighbours', () => {
  const heap = new Heap(10)
  for (const bytes of [524289, PAGE_SIZE, PAGE_SIZE + 1, 3 * PAGE_SIZE]) heap.take(bytes)
  heap.check()
  expect(heap.allocator.describe(39)).toEqual({
    chunkSize: PAGE_SIZE, chunksPerPage: 1, totalPages: 7, totalChunks: 7, usedChunks: 7
  })
  expect(heap.take(4 * PAGE_SIZE)).toBe(0)
  expect(heap.take(3 * PAGE_SIZE)).not.toBe(0)
  expect(heap.take(1)).toBe(0)
})

test('pages that become empty go to whoever needs them, in runs too', () => {
  const heap = new Heap(6)
  const small = heap.fill(96)
  expect(heap.take(PAGE_SIZE)).toBe(0)
  for (const ref of small) heap.free(ref)
  expect(heap.allocator.pages.pool).toBe(6)
  const large = [heap.take(2 * PAGE_SIZE), heap.take(3 * PAGE_SIZE)]
  expect(large).not.toContain(0)
  heap.check()
  for (const ref of large) heap.free(ref)
  expect(heap.take(6 * PAGE_SIZE)).not.toBe(0)
})

test('a run does not reach over the border of two segments', () => {
  const heap = new Heap(1030)
  const refs = heap.fill(PAGE_SIZE)
  expect(refs).toHaveLength(1030)
  for (const ref of refs) {
    if (Math.abs(heap.memory.pageOf(ref) - 1024) <= 3) heap.free(ref)
  }
  expect(heap.take(4 * PAGE_SIZE)).not.toBe(0)
  expect(heap.take(4 * PAGE_SIZE)).toBe(0)
  expect(heap.take(3 * PAGE_SIZE)).not.toBe(0)
  heap.check()
})

test.each([
  [1, 1], [64, 64], [1023, 1023], [1030, 1023], [2046, 1023], [2047, 1024], [5000, 1024]
])('of %i pages the largest chunk takes %i', (pages, longest) => {
  const memory = new Memory({ pages, segments: [] })
  const shared = reserveSlabs(pages, SIZES)
  expect(new SlabAllocator(shared, memory, new Classes(SIZES)).largest).toBe(longest * PAGE_SIZE)
})

test('any order of taking and freeing keeps chunks apart', () => {
  const heap = new Heap(12)
  let random = 1
  const draw = (below: number) => {
    random = Math.imul(random, 1664525) + 1013904223 | 0
    return (random >>> 8) % below
  }
  const refs: Ref[] = []
  for (let i = 0; i < 20_000; i++) {
    if (draw(100) < 53) {
      const ref = heap.take(1 + draw([200, 5000, 600_000, 3 * PAGE_SIZE][draw(1000) % 97 % 4]))
      if (ref !== 0) refs.push(ref)
    } else if (refs.length > 0) {
      const [ref] = refs.splice(draw(refs.length), 1)
      heap.free(ref)
    }
    if (i % 2000 === 0) heap.check()
  }
  for (const ref of refs) heap.free(ref)
  const { allocator } = heap
  for (let i = 0; i < allocator.classes; i++) {
    expect(allocator.describe(i)?.usedChunks ?? 0).toBe(0)
  }
  expect(heap.take(12 * PAGE_SIZE)).not.toBe(0)
})
