import { closeSync, openSync, readSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { BLOCK, BLOCK_HEAD, END, HEAD, MAGIC, MOST_HEADER } from './format.js'
import { isZero } from './snapshot-writer.js'

/** Reads what writeSnapshot wrote. Every function throws an Error that says what is wrong. */
export class SnapshotReader {
  /** As it was given, of whatever form. */
  readonly header: unknown
  readonly #file: number
  readonly #head = Buffer.alloc(BLOCK_HEAD)
  #sum: number

  constructor (path: string) {
    this.#file = openSync(path, 'r')
    try {
      const head = this.#read(Buffer.alloc(HEAD))
      if (head.toString('latin1', 0, MAGIC.length) !== MAGIC) throw new Error(FOREIGN)
      const length = head.readUInt32LE(HEAD - 8)
      this.#sum = head.readUInt32LE(HEAD - 4)
      if (length > MOST_HEADER) throw new Error(CORRUPT)
      const text = this.#read(Buffer.alloc(length))
      if (crc32(text) !== this.#sum) throw new Error(CORRUPT)
      this.header = JSON.parse(text.toString())
    } catch (error) {
      this.close()
      throw error
    }
  }

  close (): void {
    closeSync(this.#file)
  }

  /** Reads into buffers of the lengths that were written; when it throws they hold anything. */
  fill (buffers: readonly SharedArrayBuffer[]): void {
    const targets = buffers.map(buffer => Buffer.from(buffer))
    let at = 0
    let filled = 0
    for (;;) {
      const index = this.#readBlockHead()
      if (index === END) break
      const start = this.#head.readUInt32LE(4) * BLOCK
      const target = targets[index]
      if (target === undefined || index < at || start >= target.length) throw new Error(CORRUPT)
      for (; at < index; at++, filled = 0) clear(targets[at], filled, targets[at].length)
      const end = Math.min(start + BLOCK, target.length)
      if (start < filled || this.#head.readUInt32LE(8) !== end - start) throw new Error(CORRUPT)
      clear(target, filled, start)
      this.#check(this.#read(target.subarray(start, end)))
      filled = end
    }
    this.#check(this.#head.subarray(0, 0))
    if (readSync(this.#file, this.#head, 0, 1, null) !== 0) throw new Error(CORRUPT)
    for (; at < targets.length; at++, filled = 0) clear(targets[at], filled, targets[at].length)
  }

  #readBlockHead (): number {
    return this.#read(this.#head).readUInt32LE(0)
  }

  #check (data: Buffer): void {
    this.#sum = crc32(data, crc32(this.#head.subarray(0, BLOCK_HEAD - 4), this.#sum))
    if (this.#sum !== this.#head.readUInt32LE(BLOCK_HEAD - 4)) throw new Error(CORRUPT)
  }

  #read (into: Buffer): Buffer {
    for (let done = 0; done < into.length;) {
      const count = readSync(this.#file, into, done, into.length - done, null)
      if (count === 0) throw new Error(done === 0 && into.length === HEAD ? EMPTY : TRUNCATED)
      done += count
    }
    return into
  }
}

const EMPTY = 'it is empty'
const FOREIGN = 'it is not a memory that memplug has saved'
const TRUNCATED = 'it ends too early'
const CORRUPT = 'its contents are damaged'

/** What was not written is zeros; to write zeros over zeros would take memory. */
function clear (target: Buffer, from: number, to: number): void {
  for (let at = from; at < to; at += BLOCK) {
    const block = target.subarray(at, Math.min(at + BLOCK, to))
    if (!isZero(block)) block.fill(0)
  }
}
