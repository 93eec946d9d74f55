import { Meta, Word, HEADER_SIZE } from './header.js'
import type { Memory, Ref } from './memory.js'

// Constants of one's own are folded into optimized code; imported ones are loaded each time.
const { CHAIN, HASH, META } = Word
const { KEY_LENGTH } = Meta
const HEADER_WORDS = HEADER_SIZE / 4

export const FIRST_BUCKETS = 1 << 16
const MOST_BUCKETS = 2 ** 29
/** Buckets split one after the other, at most: less than 10 microseconds. */
export const MOST_SPLITS = 32
/** Smallest memory of an item, for the greatest number there can be. */
const LEAST_ITEM = 56

export interface SharedTable {
  readonly buckets: SharedArrayBuffer
  /** One word: how many buckets are in use. */
  readonly used: SharedArrayBuffer
}

/**
 * Finds items by their keys: a chained hash table that grows by linear hashing, one bucket at a
 * time. Bucket n + 1 is split off from the bucket that shares all but its highest bit, so both
 * share the low bits of the hash, by which buckets are locked: `hash & STRIPE_MASK`.
 *
 * Every function but `used` is called under the lock of the bucket's stripe, under which the
 * bucket of a hash is constant.
 */
export class Table {
  readonly buckets: Int32Array
  private readonly usedWord: Int32Array
  private readonly words: readonly Int32Array[]
  private readonly segmentShift: number
  private readonly granuleMask: number
  private readonly wordShift: number

  /**
   * Reserves all the buckets that a memory of so many bytes can need, or so many as are in use
   * `first` if it is not to grow; they cost when used.
   */
  static reserve (memoryBytes: number, first = FIRST_BUCKETS, grows = true): SharedTable {
    const needed = grows ? Math.ceil(memoryBytes / LEAST_ITEM) : 0
    const most = Math.min(Math.max(needed, first), MOST_BUCKETS)
    const used = new SharedArrayBuffer(4)
    new Int32Array(used)[0] = Math.min(first, most)
    return { buckets: new SharedArrayBuffer(4 * most), used }
  }

  constructor (shared: SharedTable, memory: Memory) {
    this.buckets = new Int32Array(shared.buckets)
    this.usedWord = new Int32Array(shared.used)
    this.words = memory.words
    this.segmentShift = memory.segmentShift
    this.granuleMask = memory.granuleMask
    this.wordShift = memory.wordShift
  }

  /** Buckets in use. They take 4 bytes each. */
  get used (): number {
    return this.usedWord[0]
  }

  /** The item of this key, or 0. The key begins at that index, as Hasher.words has it. */
  find (hash: number, key: Int32Array, keyAt: number, length: number): Ref {
    let ref = this.buckets[this.bucketOf(hash)]
    while (ref !== 0) {
      const words = this.words[ref >>> this.segmentShift]
      const at = (ref & this.granuleMask) << this.wordShift
      if (words[at + HASH] === hash && (words[at + META] & KEY_LENGTH) === length &&
        isSameKey(words, at + HEADER_WORDS, key, keyAt, length)) return ref
      ref = words[at + CHAIN]
    }
    return 0
  }

  insert (ref: Ref): void {
    const words = this.words[ref >>> this.segmentShift]
    const at = (ref & this.granuleMask) << this.wordShift
    const bucket = this.bucketOf(words[at + HASH])
    words[at + CHAIN] = this.buckets[bucket]!
    this.buckets[bucket] = ref
  }

  /** Takes an item out; false if it was not there. */
  remove (ref: Ref): boolean {
    const words = this.words[ref >>> this.segmentShift]
    const at = (ref & this.granuleMask) << this.wordShift
    return this.change(words[at + HASH], ref, words[at + CHAIN])
  }

  /** Whether a bucket that this hash falls in has the item. */
  has (hash: number, ref: Ref): boolean {
    let found = this.buckets[this.bucketOf(hash)]
    while (found !== 0 && found !== ref) {
      const words = this.words[found >>> this.segmentShift]
      found = words[((found & this.granuleMask) << this.wordShift) + CHAIN]
    }
    return found !== 0
  }

  /** Puts a new item of the same hash in the old one's place. */
  replace (old: Ref, ref: Ref): void {
    const oldWords = this.words[old >>> this.segmentShift]
    const oldAt = (old & this.granuleMask) << this.wordShift
    const words = this.words[ref >>> this.segmentShift]
    const at = (ref & this.granuleMask) << this.wordShift
    words[at + CHAIN] = oldWords[oldAt + CHAIN]!
    this.change(words[at + HASH], old, ref)
  }

  /** The first item of a bucket. */
  firstOf (bucket: number): Ref {
    return this.buckets[bucket]
  }

  canGrow (): boolean {
    return this.used < this.buckets.length
  }

  /** The bucket that is to be split next. Under the lock for growing, like split. */
  get next (): number {
    const { used } = this
    return used ^ (0x80000000 >>> Math.clz32(used))
  }

  /** Has the system find memory for the buckets after the next, which may take it long. */
  prepare (): void {
    Atomics.or(this.buckets, Math.min(this.used + MOST_SPLITS, this.buckets.length - 1), 0)
  }

  /** Splits the bucket `next`; its stripe is locked. */
  split (): void {
    const { buckets, used } = this
    const bit = 0x80000000 >>> Math.clz32(used)
    const bucket = used ^ bit
    let stays = 0
    let goes = 0
    let ref = buckets[bucket]
    while (ref !== 0) {
      const words = this.words[ref >>> this.segmentShift]
      const at = (ref & this.granuleMask) << this.wordShift
      const next = words[at + CHAIN]
      if ((words[at + HASH] & bit) === 0) {
        words[at + CHAIN] = stays
        stays = ref
      } else {
        words[at + CHAIN] = goes
        goes = ref
      }
      ref = next
    }
    buckets[bucket] = stays
    buckets[used] = goes
    this.usedWord[0] = used + 1
  }

  bucketOf (hash: number): number {
    const used = this.usedWord[0]
    const mask = 0xffffffff >>> Math.clz32(used)
    const bucket = hash & mask
    return bucket < used ? bucket : bucket & (mask >>> 1)
  }

  /** Lets whatever points at `from` in its chain point at `to`. */
  private change (hash: number, from: Ref, to: Ref): boolean {
    const bucket = this.bucketOf(hash)
    let ref = this.buckets[bucket]
    if (ref === from) {
      this.buckets[bucket] = to
      return true
    }
    while (ref !== 0) {
      const words = this.words[ref >>> this.segmentShift]
      const at = (ref & this.granuleMask) << this.wordShift
      ref = words[at + CHAIN]!
      if (ref === from) {
        words[at + CHAIN] = to
        return true
      }
    }
    return false
  }
}

/** Compares keys by words; of the last word, which the value may share, only the key's bytes. */
function isSameKey (
  a: Int32Array, aAt: number, b: Int32Array, bAt: number, length: number
): boolean {
  const whole = length >>> 2
  for (let i = 0; i < whole; i++) if (a[aAt + i] !== b[bAt + i]) return false
  const rest = length & 3
  return rest === 0 || (a[aAt + whole] ^ b[bAt + whole]) << (32 - 8 * rest) === 0
}
