import { Word } from './header.js'
import type { Memory, Ref } from './memory.js'

const { PREVIOUS, NEXT } = Word

/** Words of a list. A list takes a cache line, so that threads do not disturb one another. */
const HEAD = 0
const TAIL = 1
const HAND = 2
const CRAWL = 3
const COUNT = 4
const SOONEST = 5
const PASS_SOONEST = 6
const PASS_SEEN = 7
const PASS_FOUND = 8
const REST_UNTIL = 9
const WORDS = 16
const WORDS_BITS = 4

/** Later than any time. */
export const NEVER = 0x7fffffff

/**
 * The LRU lists, newest item first. Two cursors walk each list from its tail to its head: the
 * hand, which evicts, and the crawler, which looks for expired items. Everything that changes
 * or follows links is called under the lock of that list.
 */
export class Lists {
  readonly count: number
  private readonly lists: Int32Array
  private readonly words: readonly Int32Array[]
  private readonly segmentShift: number
  private readonly granuleMask: number
  private readonly wordShift: number

  static reserve (count: number): SharedArrayBuffer {
    const shared = new SharedArrayBuffer(4 * WORDS * count)
    const words = new Int32Array(shared)
    for (let list = 0; list < count; list++) words[(list << WORDS_BITS) + SOONEST] = NEVER
    return shared
  }

  constructor (shared: SharedArrayBuffer, memory: Memory) {
    this.lists = new Int32Array(shared)
    this.count = this.lists.length >>> WORDS_BITS
    this.words = memory.words
    this.segmentShift = memory.segmentShift
    this.granuleMask = memory.granuleMask
    this.wordShift = memory.wordShift
  }

  /** How many items a list has. */
  countItems (list: number): number {
    return this.lists[(list << WORDS_BITS) + COUNT]
  }

  countAllItems (): number {
    let sum = 0
    for (let list = 0; list < this.count; list++) sum += this.lists[(list << WORDS_BITS) + COUNT]
    return sum
  }

  tail (list: number): Ref {
    return this.lists[(list << WORDS_BITS) + TAIL]
  }

  /** The item that is one newer, or 0. */
  newer (ref: Ref): Ref {
    const words = this.words[ref >>> this.segmentShift]
    return words[((ref & this.granuleMask) << this.wordShift) + PREVIOUS]
  }

  /** Where the hand stands: at the tail to begin with, and again after the head. */
  hand (list: number): Ref {
    const base = list << WORDS_BITS
    const ref = this.lists[base + HAND]
    return ref === 0 ? this.lists[base + TAIL] : ref
  }

  setHand (list: number, ref: Ref): void {
    this.lists[(list << WORDS_BITS) + HAND] = ref
  }

  push (list: number, ref: Ref): void {
    const base = list << WORDS_BITS
    const head = this.lists[base + HEAD]
    const words = this.words[ref >>> this.segmentShift]
    const at = (ref & this.granuleMask) << this.wordShift
    words[at + PREVIOUS] = 0
    words[at + NEXT] = head
    this.setPrevious(base, head, ref)
    this.lists[base + HEAD] = ref
    this.lists[base + COUNT] = this.lists[base + COUNT] + 1
  }

  remove (list: number, ref: Ref): void {
    const base = list << WORDS_BITS
    const words = this.words[ref >>> this.segmentShift]
    const at = (ref & this.granuleMask) << this.wordShift
    const newer = words[at + PREVIOUS]
    const older = words[at + NEXT]
    this.setNext(base, newer, older)
    this.setPrevious(base, older, newer)
    this.moveCursors(base, ref, newer)
    this.lists[base + COUNT] = this.lists[base + COUNT] - 1
  }

  /** Puts a new item in the old one's place. */
  replace (list: number, old: Ref, ref: Ref): void {
    const base = list << WORDS_BITS
    const oldWords = this.words[old >>> this.segmentShift]
    const oldAt = (old & this.granuleMask) << this.wordShift
    const words = this.words[ref >>> this.segmentShift]
    const at = (ref & this.granuleMask) << this.wordShift
    const newer = oldWords[oldAt + PREVIOUS]
    const older = oldWords[oldAt + NEXT]
    words[at + PREVIOUS] = newer
    words[at + NEXT] = older
    this.setNext(base, newer, ref)
    this.setPrevious(base, older, ref)
    this.moveCursors(base, old, ref)
  }

  /** No item of the list expires before this time: a lower bound. May be read without the lock. */
  soonest (list: number): number {
    return this.lists[(list << WORDS_BITS) + SOONEST]
  }

  /** An item of this list will expire then. */
  expect (list: number, expires: number): void {
    const base = list << WORDS_BITS
    if (expires < this.lists[base + SOONEST]) this.lists[base + SOONEST] = expires
    if (expires < this.lists[base + PASS_SOONEST]) this.lists[base + PASS_SOONEST] = expires
  }

  /** Everything that is in the list now is gone: let it be looked through from its tail. */
  expectAll (list: number): void {
    const base = list << WORDS_BITS
    this.lists[base + SOONEST] = 0
    this.lists[base + REST_UNTIL] = 0
    this.lists[base + CRAWL] = 0
  }

  /** The crawler's place; 0 before the first item. */
  crawler (list: number): Ref {
    return this.lists[(list << WORDS_BITS) + CRAWL]
  }

  setCrawler (list: number, ref: Ref): void {
    this.lists[(list << WORDS_BITS) + CRAWL] = ref
  }

  /** The crawler begins a walk over the whole list. */
  startPass (list: number): Ref {
    const base = list << WORDS_BITS
    this.lists[base + PASS_SOONEST] = NEVER
    this.lists[base + PASS_SEEN] = 0
    this.lists[base + PASS_FOUND] = 0
    return this.lists[base + TAIL]
  }

  notePass (list: number, seen: number, found: number): void {
    const base = list << WORDS_BITS
    this.lists[base + PASS_SEEN] = this.lists[base + PASS_SEEN] + seen
    this.lists[base + PASS_FOUND] = this.lists[base + PASS_FOUND] + found
  }

  /** Of the pass at hand: items seen, and freed. */
  passSeen (list: number): number { return this.lists[(list << WORDS_BITS) + PASS_SEEN] }
  passFound (list: number): number { return this.lists[(list << WORDS_BITS) + PASS_FOUND] }

  /** The crawler has seen all: what stays expires at PASS_SOONEST or later. */
  endPass (list: number, poorYield: number, restUntil: number): void {
    const base = list << WORDS_BITS
    this.lists[base + SOONEST] = this.lists[base + PASS_SOONEST]!
    this.lists[base + PASS_SOONEST] = NEVER
    this.lists[base + CRAWL] = 0
    const poor = this.lists[base + PASS_FOUND] * poorYield < this.lists[base + PASS_SEEN]
    this.lists[base + REST_UNTIL] = poor ? restUntil : 0
  }

  /** Until then crawling is hardly worth its while: the last pass found next to nothing. */
  restUntil (list: number): number {
    return this.lists[(list << WORDS_BITS) + REST_UNTIL]
  }

  private moveCursors (base: number, from: Ref, to: Ref): void {
    if (this.lists[base + HAND] === from) this.lists[base + HAND] = to
    if (this.lists[base + CRAWL] === from) this.lists[base + CRAWL] = to
  }

  private setNext (base: number, ref: Ref, next: Ref): void {
    if (ref === 0) this.lists[base + HEAD] = next
    else {
      const words = this.words[ref >>> this.segmentShift]
      words[((ref & this.granuleMask) << this.wordShift) + NEXT] = next
    }
  }

  private setPrevious (base: number, ref: Ref, previous: Ref): void {
    if (ref === 0) this.lists[base + TAIL] = previous
    else {
      const words = this.words[ref >>> this.segmentShift]
      words[((ref & this.granuleMask) << this.wordShift) + PREVIOUS] = previous
    }
  }
}
