/** Keys of requests that have come and are not served yet, in their order. Used again. */
export class Ahead {
  readonly starts: Int32Array
  readonly ends: Int32Array
  count = 0
  /** Bit i is 1 if the i-th is of a request to store, or remove, an item. */
  stored = 0

  /** Has room for so many keys, 32 at most. */
  constructor (most: number) {
    this.starts = new Int32Array(most)
    this.ends = new Int32Array(most)
  }

  get isFull (): boolean { return this.count === this.starts.length }

  clear (): void {
    this.count = this.stored = 0
  }

  /** `stored` is 0 or 1. */
  add (start: number, end: number, stored = 0): void {
    this.starts[this.count] = start
    this.ends[this.count] = end
    this.stored |= stored << this.count++
  }
}
