import type { Buffers } from './buffers.js'

const NOTHING = Buffer.alloc(0)
const SMALLEST = 256

/** The beginning of a request whose end has not come, and what came while nothing was read. */
export class Pending {
  bytes = NOTHING
  length = 0
  readonly #buffers: Buffers

  constructor (buffers: Buffers) { this.#buffers = buffers }

  get isEmpty (): boolean { return this.length === 0 }

  /** False if there is no memory for it. */
  append (input: Buffer, start: number, end: number): boolean {
    const length = this.length + end - start
    if (length > this.bytes.length) {
      const size = Math.max(length + (length >>> 1), SMALLEST)
      if (this.#buffers.isShort(size - this.bytes.length)) return false
      this.#buffers.add(Number(this.bytes.length === 0), size - this.bytes.length)
      const larger = Buffer.allocUnsafeSlow(size)
      this.bytes.copy(larger, 0, 0, this.length)
      this.bytes = larger
    }
    input.copy(this.bytes, this.length, start, end)
    this.length = length
    return true
  }

  /** Drops the first `count` bytes. Costs no memory once all are gone. */
  drop (count: number): void {
    if (count === 0) return
    this.bytes.copyWithin(0, count, this.length)
    this.length -= count
    if (this.length === 0) this.clear()
  }

  clear (): void {
    if (this.bytes.length > 0) this.#buffers.add(-1, -this.bytes.length)
    this.bytes = NOTHING
    this.length = 0
  }
}
