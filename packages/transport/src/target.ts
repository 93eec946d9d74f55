import { copyBytes } from './copier.js'

const NOTHING: Buffer = Buffer.alloc(0)

/** The range that fill() named, for the bytes that come next. */
export class Target {
  bytes = NOTHING
  at = 0
  end = 0

  get isFull (): boolean { return this.at === this.end }

  set (bytes: Buffer, start: number, end: number): void {
    if (!(start >= 0 && start <= end && end <= bytes.length)) {
      throw new RangeError(`no bytes ${start} to ${end} to fill`)
    }
    this.bytes = bytes
    this.at = start
    this.end = end
  }

  /** So many bytes have come to where it points. */
  advance (count: number): void {
    this.at += count
    if (this.at === this.end) this.bytes = NOTHING
  }

  /** Takes as many of bytes start to end as there is room for; answers how many. */
  take (input: Buffer, start: number, end: number): number {
    const count = Math.min(this.end - this.at, end - start)
    copyBytes(input, start, start + count, this.bytes, this.at)
    this.advance(count)
    return count
  }
}
