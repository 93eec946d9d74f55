import { MOST_WORDS, type Hasher } from './hash.js'
import { Word } from './header.js'
import type { Memory } from './memory.js'
import type { Table } from './table.js'

const { CHAIN, HASH } = Word

/** Keys that are looked at together: as many cache misses as a core can have under way. */
export const MOST_FORESEEN = 16
/** A key of 255 bytes; longer ones are not looked at. */
const KEY_WORDS = 64
const LONGEST = 4 * KEY_WORDS - 1
/** In the hasher's words, behind those of a key that was not foreseen. */
const FIRST_WORD = MOST_WORDS
/** A cache line. Of an item three are fetched: with the rest the processor goes on by itself. */
const LINE_WORDS = 16
/** Items of a bucket that are looked at. */
const STEPS = 3

/**
 * Fetches what requests to come will need into the processor's caches. One that is served
 * alone waits for its bucket, then for each item of it; here the misses of many overlap.
 */
export class Foresight {
  private readonly table: Table
  private readonly hasher: Hasher
  private readonly words: readonly Int32Array[]
  private readonly segmentShift: number
  private readonly granuleMask: number
  private readonly wordShift: number
  private readonly starts = new Int32Array(MOST_FORESEEN)
  private readonly ends = new Int32Array(MOST_FORESEEN)
  private readonly hashes = new Int32Array(MOST_FORESEEN)
  private readonly refs = new Int32Array(MOST_FORESEEN)
  private readonly found = new Int32Array(MOST_FORESEEN)
  private key: Buffer | null = null
  private count = 0
  private next = 0
  /** Where hash() left the key: an index of Hasher.words. */
  keyAt = 0
  /** What was loaded, so that no load can be left out. */
  sum = 0

  constructor (table: Table, hasher: Hasher, memory: Memory) {
    this.table = table
    this.hasher = hasher
    this.words = memory.words
    this.segmentShift = memory.segmentShift
    this.granuleMask = memory.granuleMask
    this.wordShift = memory.wordShift
  }

  /** See Foreseeing. The hashes are kept, since the keys do not change until the next call. */
  look (key: Buffer, starts: Int32Array, ends: Int32Array, count: number): void {
    this.key = key
    this.next = 0
    const { hasher, hashes } = this
    let n = 0
    for (; n < count && n < MOST_FORESEEN; n++) {
      const start = starts[n]
      const end = ends[n]
      if (end - start > LONGEST) break
      this.starts[n] = start
      this.ends[n] = end
      hashes[n] = hasher.hash(key, start, end, FIRST_WORD + n * KEY_WORDS)
    }
    this.count = n
    if (n > 1) this.fetch(n)
  }

  /** The hash of a key, whose words begin at index `keyAt` of the hasher's then. */
  hash (key: Buffer, start: number, end: number): number {
    if (key === this.key) {
      for (let i = this.next; i < this.count; i++) {
        if (this.starts[i] !== start || this.ends[i] !== end) continue
        this.next = i + 1
        this.keyAt = FIRST_WORD + i * KEY_WORDS
        return this.hashes[i]
      }
    }
    this.keyAt = 0
    return this.hasher.hash(key, start, end)
  }

  /**
   * Loads from the buckets, then from the first item of each, from the second, …: loops so
   * short that the processor has many loads under way.
   */
  private fetch (count: number): void {
    const { refs, found, hashes, table, words, segmentShift, granuleMask, wordShift } = this
    for (let i = 0; i < count; i++) refs[i] = table.headOf(hashes[i])
    let sum = 0
    for (let step = 0; step < STEPS; step++) {
      for (let i = 0; i < count; i++) {
        const ref = refs[i]
        found[i] = words[ref >>> segmentShift][((ref & granuleMask) << wordShift) + HASH]
      }
      let more = 0
      for (let i = 0; i < count; i++) {
        const ref = refs[i]
        if (ref === 0) continue
        const item = words[ref >>> segmentShift]
        const at = (ref & granuleMask) << wordShift
        if (found[i] === hashes[i]) {
          sum ^= item[at + LINE_WORDS] ^ item[at + 2 * LINE_WORDS]
          refs[i] = 0
        } else {
          more |= refs[i] = item[at + CHAIN]
        }
      }
      if (more === 0) break
    }
    this.sum = sum
  }
}
