import fc from 'fast-check'
import { Copier } from '../src/copy.js'

const LARGE = 1 << 16

/** Bytes that differ from their neighbours, near and far. */
const bytesOf = (length: number) =>
  Buffer.from(Uint8Array.from({ length }, (_, at) => at * 7 + (at >> 8) * 3))

const sources = [bytesOf(1000), bytesOf(LARGE), bytesOf(LARGE + 5).subarray(5)]
/** Where the bytes go; the last is memory that threads share, in part. */
const shared = Buffer.from(new SharedArrayBuffer(LARGE + 100), 7, LARGE + 3)
const targets = [Buffer.alloc(1000), Buffer.alloc(LARGE), shared]

function expectCopied (
  copier: Copier, from: Buffer, start: number, end: number, to: Buffer, at: number
): void {
  to.fill(0xee)
  const expected = Buffer.alloc(to.length, 0xee)
  from.copy(expected, at, start, end)
  copier.copy(from, start, end, to, at)
  if (!to.equals(expected)) throw new Error(`${start} to ${end} of ${from.length}, to ${at}`)
}

test('bytes are copied, and no others, at every size and alignment', () => {
  const copier = new Copier()
  for (const from of sources) {
    for (const to of targets) {
      for (const size of [0, 1, 2, 7, 8, 15, 16, 17, 23, 24, 25, 100, 191, 192, 193, 194, 500]) {
        for (let start = 0; start < 8; start++) {
          for (const at of [0, 3, 8]) expectCopied(copier, from, start, start + size, to, at)
        }
      }
    }
  }
})

test('up to the last byte of either buffer', () => {
  const copier = new Copier()
  for (const from of sources) {
    for (const to of targets) {
      for (const size of [1, 16, 30, 192, 193, 400]) {
        expectCopied(copier, from, from.length - size, from.length, to, to.length - size)
      }
    }
  }
})

test('one copier serves buffers in any order', () => {
  const copier = new Copier()
  const copies = fc.array(fc.tuple(
    fc.constantFrom(...sources), fc.constantFrom(...targets), fc.nat(250), fc.nat(200), fc.nat(200)
  ), { maxLength: 20 })
  fc.assert(fc.property(copies, list => {
    for (const [from, to, size, start, at] of list) {
      expectCopied(copier, from, start, start + size, to, at)
    }
  }))
})
