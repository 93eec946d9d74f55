import { MOST_COPIED } from './arena.js'
import { MOST_WORDS, type Hasher } from './hash.js'
import { Word } from './header.js'
import type { Memory } from './memory.js'
import type { Table } from './table.js'

const { CHAIN, HASH, PREVIOUS, NEXT, SIZE } = Word

/** Keys that are looked at together: as many cache misses as a core can have under way. */
export const MOST_FORESEEN = 16
/** A key of 255 bytes; longer ones are not looked at. */
const KEY_WORDS = 64
const LONGEST = 4 * KEY_WORDS - 1
/** In the hasher's words, behind those of a key that was not foreseen. */
const FIRST_WORD = MOST_WORDS
/** A cache line. Of an item three are fetched: with the rest the processor goes on by itself. */
const LINE_WORDS = 16
const EIGHT = 8
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
  private readonly older = new Int32Array(MOST_FORESEEN)
  private readonly newer = new Int32Array(MOST_FORESEEN)
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
  look (
    key: Buffer, starts: Int32Array, ends: Int32Array, count: number, stored: number
  ): void {
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
    if (n < 2) return
    for (; n % EIGHT !== 0; n++) hashes[n] = 0
    this.fetch(n, stored)
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

  /** Loads the buckets, then the items in them, and what else will be needed of those. */
  private fetch (count: number, stored: number): void {
    const { refs, hashes, table, segmentShift } = this
    const { buckets } = table
    for (let i = 0; i < count; i++) refs[i] = table.bucketOf(hashes[i])
    this.touch(buckets, refs, 0, count)
    for (let i = 0; i < count; i++) refs[i] = buckets[refs[i]]!
    const segment = refs[0] >>> segmentShift
    let others = 0
    for (let i = 1; i < count; i++) others |= refs[i] >>> segmentShift ^ segment
    if (others === 0) this.fetchFrom(segment, count, stored)
    else this.fetchAll(count)
  }

  /** The first item of each bucket, then the second, …, as far as they are in this segment. */
  private fetchFrom (segment: number, count: number, stored: number): void {
    const { refs, found, hashes, segmentShift, granuleMask, wordShift } = this
    const items = this.words[segment]
    for (let i = 0; i < count; i++) refs[i] = (refs[i] & granuleMask) << wordShift
    for (let step = 0; step < STEPS; step++) {
      this.touch(items, refs, 0, count)
      let more = 0
      for (let i = 0; i < count; i++) {
        const at = refs[i]
        const isSame = items[at + HASH] === hashes[i]
        const next = isSame ? 0 : items[at + CHAIN]
        found[i] = isSame ? at : 0
        refs[i] = next >>> segmentShift === segment ? (next & granuleMask) << wordShift : 0
        more |= refs[i]
      }
      this.touch(items, found, LINE_WORDS, count)
      this.touch(items, found, 2 * LINE_WORDS, count)
      if (stored !== 0) this.fetchNeighbours(items, count, stored)
      if (more === 0) break
    }
  }

  /** In its LRU list, which an item leaves when another, that is not short, takes its place. */
  private fetchNeighbours (items: Int32Array, count: number, stored: number): void {
    const { found, older, newer, granuleMask, wordShift } = this
    let any = 0
    for (let i = 0; i < count; i++) {
      const leaves = (stored >>> i & 1) !== 0 && items[found[i] + SIZE] > MOST_COPIED
      const at = leaves ? found[i] : 0
      any |= at
      older[i] = (items[at + NEXT] & granuleMask) << wordShift
      newer[i] = (items[at + PREVIOUS] & granuleMask) << wordShift
    }
    if (any === 0) return
    this.touch(items, older, 0, count)
    this.touch(items, newer, 0, count)
  }

  /** Eight loads in a row, with so little between them that all are under way at once. */
  private touch (words: Int32Array, places: Int32Array, offset: number, count: number): void {
    for (let i = 0; i < count; i += EIGHT) {
      this.sum ^= words[places[i] + offset] ^ words[places[i + 1] + offset] ^
        words[places[i + 2] + offset] ^ words[places[i + 3] + offset] ^
        words[places[i + 4] + offset] ^ words[places[i + 5] + offset] ^
        words[places[i + 6] + offset] ^ words[places[i + 7] + offset]
    }
  }

  /** The same of items in several segments: more instructions, and fewer loads at a time. */
  private fetchAll (count: number): void {
    const { refs, found, hashes, words, segmentShift, granuleMask, wordShift } = this
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
        const items = words[ref >>> segmentShift]
        const at = (ref & granuleMask) << wordShift
        if (found[i] === hashes[i]) {
          sum ^= items[at + LINE_WORDS] ^ items[at + 2 * LINE_WORDS]
          refs[i] = 0
        } else {
          more |= refs[i] = items[at + CHAIN]
        }
      }
      if (more === 0) break
    }
    this.sum = sum
  }
}
