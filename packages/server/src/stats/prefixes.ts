import { randomInt } from 'node:crypto'
import { SharedLock } from '../shared-lock.js'

/** Prefixes that are counted each; what comes after them is counted as one. */
export const MOST_PREFIXES = 10_000
/** Bytes of a prefix that are kept: no longer one is counted by itself. */
const LONGEST = 250

const SLOTS_LOG2 = 15
const SLOTS = 1 << SLOTS_LOG2
const SLOT_MASK = SLOTS - 1
/** Slots looked at for one prefix, whatever a client makes up. */
const MOST_PROBES = 32

/** Words before the slots. */
const LOCK = 0
const USED = 1
const SEED = 2
const HEADER = 16

/** A prefix: a byte for its length, then itself. */
const ENTRY = LONGEST + 2
/** The counts of what has no entry of its own. */
const OTHERS = MOST_PREFIXES
const COUNTED = MOST_PREFIXES + 1

const GETS = 0
const HITS = 1
const SETS = 2
const DELETES = 3
const KINDS = 4

const WORDS_END = (HEADER + SLOTS) * 4
const COUNTS_AT = Math.ceil((WORDS_END + MOST_PREFIXES * ENTRY) / 8) * 8

/** Gets, hits, sets, deletes. */
export type PrefixCounts = [gets: number, hits: number, sets: number, deletes: number]

/**
 * What was asked for of each prefix, which is the part of a key before its delimiter: in memory
 * that all threads share and that is reserved at the start, so that no client makes it grow. The
 * system gives it as it is used.
 */
export class Prefixes {
  /** The byte that ends a prefix. */
  delimiter = 58
  readonly #words: Int32Array
  /** Where it can't be had, what can't be counted apart is counted as other. */
  readonly #lock: SharedLock
  readonly #entries: Buffer
  readonly #counts: Float64Array
  readonly #mine: number
  readonly #threads: number
  readonly #seed: number

  static reserve (threads: number): SharedArrayBuffer {
    const shared = new SharedArrayBuffer(COUNTS_AT + threads * COUNTED * KINDS * 8)
    new Int32Array(shared)[SEED] = randomInt(2 ** 31)
    return shared
  }

  constructor (shared: SharedArrayBuffer, thread: number) {
    this.#words = new Int32Array(shared, 0, HEADER + SLOTS)
    this.#lock = new SharedLock(this.#words, LOCK)
    this.#entries = Buffer.from(shared, WORDS_END, MOST_PREFIXES * ENTRY)
    this.#counts = new Float64Array(shared, COUNTS_AT)
    this.#mine = thread * COUNTED * KINDS
    this.#threads = this.#counts.length / (COUNTED * KINDS)
    this.#seed = this.#words[SEED]
  }

  countGet (key: Buffer, start: number, end: number, isHit: boolean): void {
    const at = this.#countersOf(key, start, end)
    if (at < 0) return
    this.#counts[at + GETS]++
    if (isHit) this.#counts[at + HITS]++
  }

  countSet (key: Buffer, start: number, end: number): void {
    const at = this.#countersOf(key, start, end)
    if (at >= 0) this.#counts[at + SETS]++
  }

  countDelete (key: Buffer, start: number, end: number): void {
    const at = this.#countersOf(key, start, end)
    if (at >= 0) this.#counts[at + DELETES]++
  }

  /** Tells each prefix and what was counted of it, and then, under no name, of all others. */
  forEach (tell: (prefix: Buffer | null, counts: PrefixCounts) => void): void {
    const used = Atomics.load(this.#words, USED)
    for (let entry = 0; entry < used; entry++) {
      const at = entry * ENTRY
      const length = this.#entries[at]
      tell(this.#entries.subarray(at + 1, at + 1 + length), this.#sum(entry))
    }
    const others = this.#sum(OTHERS)
    if (others.some(count => count > 0)) tell(null, others)
  }

  /** Forgets all. What other threads count at this moment may be lost. */
  clear (): void {
    if (!this.#lock.take()) return
    this.#words.fill(0, HEADER)
    Atomics.store(this.#words, USED, 0)
    this.#counts.fill(0)
    this.#lock.release()
  }

  #sum (entry: number): PrefixCounts {
    const sums: PrefixCounts = [0, 0, 0, 0]
    for (let thread = 0; thread < this.#threads; thread++) {
      const at = (thread * COUNTED + entry) * KINDS
      for (let kind = 0; kind < KINDS; kind++) sums[kind] += this.#counts[at + kind]
    }
    return sums
  }

  /** Where this thread counts for a key; -1 for one without a prefix. */
  #countersOf (key: Buffer, start: number, end: number): number {
    const length = lengthOf(key, start, end, this.delimiter)
    if (length < 0) return -1
    const entry = length > LONGEST ? OTHERS : this.#find(key, start, length)
    return this.#mine + entry * KINDS
  }

  #find (key: Buffer, start: number, length: number): number {
    const slot = this.#hash(key, start, length)
    const entry = this.#lookUp(key, start, length, slot)
    if (entry >= 0) return entry
    if (Atomics.load(this.#words, USED) >= MOST_PREFIXES || !this.#lock.take()) return OTHERS
    // Another thread may have been faster.
    const again = this.#lookUp(key, start, length, slot)
    const found = again >= 0 ? again : this.#insert(key, start, length, slot)
    this.#lock.release()
    return found
  }

  #lookUp (key: Buffer, start: number, length: number, slot: number): number {
    for (let probe = 0; probe < MOST_PROBES; probe++) {
      const entry = Atomics.load(this.#words, HEADER + (slot + probe & SLOT_MASK)) - 1
      if (entry < 0) return -1
      if (this.#has(entry, key, start, length)) return entry
    }
    return -1
  }

  #has (entry: number, key: Buffer, start: number, length: number): boolean {
    const at = entry * ENTRY
    if (this.#entries[at] !== length) return false
    for (let i = 0; i < length; i++) {
      if (this.#entries[at + 1 + i] !== key[start + i]) return false
    }
    return true
  }

  /** Under the lock. */
  #insert (key: Buffer, start: number, length: number, slot: number): number {
    const entry = this.#words[USED]
    if (entry >= MOST_PREFIXES) return OTHERS
    for (let probe = 0; probe < MOST_PROBES; probe++) {
      const at = HEADER + (slot + probe & SLOT_MASK)
      if (this.#words[at] !== 0) continue
      this.#entries[entry * ENTRY] = length
      key.copy(this.#entries, entry * ENTRY + 1, start, start + length)
      Atomics.store(this.#words, USED, entry + 1)
      Atomics.store(this.#words, at, entry + 1)
      return entry
    }
    return OTHERS
  }

  #hash (key: Buffer, start: number, length: number): number {
    let hash = this.#seed
    for (let i = 0; i < length; i++) {
      hash = Math.imul(hash ^ key[start + i], 0x01000193)
      hash ^= hash >>> 15
    }
    return Math.imul(hash, 0x9e3779b1) >>> (32 - SLOTS_LOG2)
  }
}

/** Bytes before the delimiter; -1 where there is none. */
function lengthOf (key: Buffer, start: number, end: number, delimiter: number): number {
  for (let at = start; at < end; at++) if (key[at] === delimiter) return at - start
  return -1
}
