/** A bit for every chunk of every page. */
export class PageBits {
  private readonly words: Int32Array
  /** How many chunks a page has, and how many words they take. */
  private readonly chunks: number
  private readonly width: number

  static reserve (pages: number, chunks: number): SharedArrayBuffer {
    return new SharedArrayBuffer(4 * widthOf(chunks) * (pages + 1))
  }

  constructor (shared: SharedArrayBuffer, chunks: number) {
    this.words = new Int32Array(shared)
    this.chunks = chunks
    this.width = widthOf(chunks)
  }

  has (page: number, chunk: number): boolean {
    return (this.words[page * this.width + (chunk >>> 5)] >>> (chunk & 31) & 1) === 1
  }

  set (page: number, chunk: number): void {
    const at = page * this.width + (chunk >>> 5)
    this.words[at] = this.words[at] | 1 << (chunk & 31)
  }

  clear (page: number, chunk: number): void {
    const at = page * this.width + (chunk >>> 5)
    this.words[at] = this.words[at] & ~(1 << (chunk & 31))
  }

  setAll (page: number, from: number, to: number): void {
    for (let chunk = from; chunk < to; chunk++) this.set(page, chunk)
  }

  clearAll (page: number, from: number, to: number): void {
    for (let chunk = from; chunk < to; chunk++) this.clear(page, chunk)
  }

  /** The first chunk from that one on whose bit is set; the number of chunks if there is none. */
  next (page: number, from: number): number {
    return this.find(page, from, 0)
  }

  /** The same, whose bit is not set. */
  nextClear (page: number, from: number): number {
    return this.find(page, from, -1)
  }

  private find (page: number, from: number, flipped: number): number {
    if (from >= this.chunks) return this.chunks
    const base = page * this.width
    let word = from >>> 5
    let rest = (this.words[base + word] ^ flipped) & -1 << (from & 31)
    while (rest === 0) {
      if (++word === this.width) return this.chunks
      rest = this.words[base + word] ^ flipped
    }
    return Math.min(this.chunks, (word << 5) + 31 - Math.clz32(rest & -rest))
  }
}

function widthOf (chunks: number): number {
  return (chunks + 31) >>> 5
}
