/** Keys of requests that have come and are not served yet, in their order. Used again. */
export class Ahead {
  readonly starts: Int32Array
  readonly ends: Int32Array
  count = 0

  /** Has room for so many keys. */
  constructor (most: number) {
    this.starts = new Int32Array(most)
    this.ends = new Int32Array(most)
  }

  get isFull (): boolean { return this.count === this.starts.length }

  add (start: number, end: number): void {
    this.starts[this.count] = start
    this.ends[this.count++] = end
  }
}
