import type { Host } from '@memplug/engine'
import type { Allocator } from './allocator.js'
import { Chunks } from './chunks.js'
import { Ghosts } from './ghosts.js'
import { HEADER_SIZE, Meta, Word } from './header.js'
import { Lru, SEGMENT_BITS } from './lru.js'
import type { Memory, Ref } from './memory.js'
import { Control, type SharedArena } from './shared.js'
import { MOST_SPLITS, Table } from './table.js'
import { tellMissed } from './watching.js'

// Constants of one's own are folded into optimized code; imported ones are loaded each time.
const { HASH, CAS_LOW, CAS_HIGH, EXPIRES, FLAGS, USED, META, SIZE, HOLDS } = Word
const { KEY_LENGTH, FETCHED, VISITED, LINKED, STORED, SEGMENT_SHIFT, GENERATION_SHIFT } = Meta
const HEADER = HEADER_SIZE
const HEADER_WORDS = HEADER_SIZE / 4

const { GENERATION } = Control
const SEGMENT_MASK = (1 << SEGMENT_BITS) - 1
const SEGMENT = SEGMENT_MASK << SEGMENT_SHIFT
/** Seconds in which an item is brought to the front of a flat LRU but once: memcached's. */
const BUMP_SECONDS = 60

/** Whether the table is to grow is looked at once in so many new items. */
const GROW_MASK = 15
/** Items to a bucket, from which on the table grows: each that a key has to pass is a miss. */
const MOST_LOAD = 0.75
/** Bytes of a value that is copied rather than have its item change places. */
export const MOST_COPIED = 256
/** Bytes of its key, at most: an item of a kibibyte fits any chunk of its class (Allocator). */
const LONGEST_KEY = 1024 - HEADER - MOST_COPIED

/**
 * Items in shared memory: found by the table, ordered by the lists, held by whoever reads them.
 *
 * Locks are taken in this order: a bucket's, a list's, the allocator's. Nothing is allocated
 * under a lock. Functions whose comment says "locked" are called under the bucket's lock.
 */
export class Arena extends Chunks {
  readonly table: Table
  readonly ghosts: Ghosts
  readonly lru: Lru
  /** Bits of Meta that the first use of an item sets; the second sets VISITED anyhow. */
  private readonly firstUse: number
  private readonly host: Host
  private newItems = 0

  constructor (host: Host, shared: SharedArena, memory: Memory, allocator: Allocator) {
    super(host, shared, memory, allocator)
    this.host = host
    this.firstUse = allocator.listPerClass ? FETCHED : FETCHED | VISITED
    this.lru = new Lru(shared.lru)
    this.table = new Table(shared.table, memory)
    this.ghosts = new Ghosts(shared.ghosts, this.table)
  }

  /** The item of this key that has neither expired nor been flushed, or 0. Locked. */
  find (hash: number, key: Int32Array, keyAt: number, length: number, now: number): Ref {
    const ref = this.table.find(hash, key, keyAt, length)
    if (ref === 0) return 0
    const words = this.words[ref >>> this.segmentShift]
    const at = (ref & this.granuleMask) << this.wordShift
    if (!this.isGone(words, at, now)) return ref
    const isFlushed = this.isFlushed(words, at)
    this.counters.countMissed(isFlushed)
    tellMissed(this.host.watch, isFlushed)
    this.unlink(ref)
    this.drop(ref)
    return 0
  }

  isGone (words: Int32Array, at: number, now: number): boolean {
    const expires = words[at + EXPIRES]
    return (expires !== 0 && expires <= now) || this.isFlushed(words, at)
  }

  isFlushed (words: Int32Array, at: number): boolean {
    return words[at + META] >>> GENERATION_SHIFT !== this.control[GENERATION]
  }

  /** The number of flushes, in 8 bits. */
  get generation (): number {
    return this.control[GENERATION]
  }

  set generation (generation: number) {
    Atomics.store(this.control, GENERATION, generation)
  }

  /** Meta of an item that is used once more. */
  seen (meta: number): number {
    return (meta & FETCHED) === 0 ? meta | this.firstUse : meta | VISITED
  }

  /**
   * A linked item was last used now. In a flat LRU it comes to the front, but not more often
   * than once a minute, and the time is that. Locked.
   */
  use (ref: Ref, words: Int32Array, at: number, now: number): void {
    if (!this.listPerClass || this.lru.segmented) {
      words[at + USED] = now
      return
    }
    if (now - words[at + USED] <= BUMP_SECONDS) return
    words[at + USED] = now
    const list = this.listOf(this.allocator.classOf(ref), words[at + META])
    this.locks.lockList(list)
    this.lists.remove(list, ref)
    this.lists.push(list, ref)
    this.locks.unlockList(list)
  }

  /** Moves a linked item to another list of its class. Locked, and `from` too, which ends. */
  moveTo (ref: Ref, words: Int32Array, at: number, from: number, to: number): void {
    this.lists.remove(from, ref)
    if (to !== from) {
      const size = sizeIn(words, at)
      this.counters.removeItem(from, size)
      this.locks.unlockList(from)
      words[at + META] = (words[at + META] & ~SEGMENT) |
        (to & SEGMENT_MASK) << SEGMENT_SHIFT
      this.locks.lockList(to)
      this.counters.addItem(to, size, 0)
      if (words[at + EXPIRES] !== 0) this.lists.expect(to, words[at + EXPIRES])
      // A flush may have seen neither list with it.
      if (this.isFlushed(words, at)) this.lists.expect(to, 0)
    }
    this.lists.push(to, ref)
    this.locks.unlockList(to)
  }

  /** Makes a new item findable, with these bits of State set. Locked; the link holds it. */
  link (ref: Ref, now: number, state: number): void {
    const words = this.words[ref >>> this.segmentShift]
    const at = (ref & this.granuleMask) << this.wordShift
    this.prepare(words, at, now, this.ghosts.has(words[at + HASH]) ? state | VISITED : state)
    this.table.insert(ref)
    const sizeClass = this.allocator.classOf(ref)
    const list = this.listOf(sizeClass, words[at + META])
    this.locks.lockList(list)
    this.lists.push(list, ref)
    this.count(sizeClass, list, words, at)
    this.locks.unlockList(list)
  }

  /** Links a new item in the place of a linked one of its key. Locked; then drop the old one. */
  replace (old: Ref, ref: Ref, now: number, state: number): void {
    const words = this.words[ref >>> this.segmentShift]
    const at = (ref & this.granuleMask) << this.wordShift
    const oldWords = this.words[old >>> this.segmentShift]
    const oldAt = (old & this.granuleMask) << this.wordShift
    const sizeClass = this.allocator.classOf(ref)
    const oldClass = this.allocator.classOf(old)
    // A written item was used: in the sieve it keeps its place, and is passed by once more.
    this.prepare(words, at, now, this.listPerClass ? state : state | VISITED)
    const list = this.listOf(sizeClass, words[at + META])
    const oldList = this.listOf(oldClass, oldWords[oldAt + META])
    this.table.replace(old, ref)
    if (list !== oldList) {
      this.takeOut(old, oldWords, oldAt, oldClass, oldList)
      this.locks.lockList(list)
      this.lists.push(list, ref)
    } else {
      this.locks.lockList(list)
      if (this.listPerClass) {
        this.lists.remove(list, old)
        this.lists.push(list, ref)
      } else {
        this.lists.replace(list, old, ref)
      }
      this.counters.removeItem(
        this.rowOf(oldClass, oldWords[oldAt + META]), sizeIn(oldWords, oldAt))
    }
    this.count(sizeClass, list, words, at)
    this.locks.unlockList(list)
    oldWords[oldAt + META] = oldWords[oldAt + META] & ~LINKED
  }

  /**
   * Writes a short new item over the linked one of its key, if nobody holds that and both have
   * chunks of one class; false if not. The old one keeps its places in the table and its list, so
   * no other item is touched, and counts as used twice: it will not be the next to be evicted.
   * Locked. Who made the new item has it still, and releases it.
   */
  overwrite (old: Ref, ref: Ref, now: number, state: number): boolean {
    const from = this.words[ref >>> this.segmentShift]
    const at = (ref & this.granuleMask) << this.wordShift
    const words = this.words[old >>> this.segmentShift]
    const oldAt = (old & this.granuleMask) << this.wordShift
    const size = from[at + SIZE]
    const sizeClass = this.allocator.classOf(old)
    if (size > MOST_COPIED || words[oldAt + HOLDS] !== 1 || !this.keepsPlaces ||
      this.allocator.classOf(ref) !== sizeClass) return false
    const meta = words[oldAt + META]
    const length = meta & KEY_LENGTH
    if (length > LONGEST_KEY) return false
    const expires = from[at + EXPIRES]
    const list = this.listOf(sizeClass, meta)
    this.locks.lockList(list)
    this.counters.changeItem(this.rowOf(sizeClass, meta), size - words[oldAt + SIZE])
    if (expires !== 0) this.lists.expect(list, expires)
    this.locks.unlockList(list)
    from[at + META] = length | state | STORED
    from[at + USED] = now
    words[oldAt + META] = length | state | VISITED | LINKED | STORED | meta & SEGMENT |
      this.control[GENERATION] << GENERATION_SHIFT
    words[oldAt + USED] = now
    words[oldAt + CAS_LOW] = from[at + CAS_LOW]!
    words[oldAt + CAS_HIGH] = from[at + CAS_HIGH]!
    words[oldAt + EXPIRES] = expires
    words[oldAt + FLAGS] = from[at + FLAGS]!
    words[oldAt + SIZE] = size
    // The first of these words may end the key, which is the same.
    const end = HEADER_WORDS + (length + size + 3 >>> 2)
    for (let i = HEADER_WORDS + (length >>> 2); i < end; i++) words[oldAt + i] = from[at + i]!
    return true
  }

  /** Whether a written item may stay where it is: not where a list goes by the time of use. */
  private get keepsPlaces (): boolean {
    return !this.listPerClass || (this.lru.segmented && !this.lru.temporary)
  }

  /** Puts a copy in another chunk of its class in an item's place. Locked; then drop the old. */
  relocate (old: Ref, ref: Ref): void {
    const words = this.words[ref >>> this.segmentShift]
    const at = (ref & this.granuleMask) << this.wordShift
    const oldWords = this.words[old >>> this.segmentShift]
    const oldAt = (old & this.granuleMask) << this.wordShift
    const start = oldAt << 2
    this.bytesOf(old).copy(this.bytesOf(ref), at << 2, start, start + sizeIn(oldWords, oldAt))
    words[at + HOLDS] = 1
    this.table.replace(old, ref)
    const list = this.listOf(this.allocator.classOf(ref), words[at + META])
    this.locks.lockList(list)
    this.lists.replace(list, old, ref)
    this.locks.unlockList(list)
    oldWords[oldAt + META] = oldWords[oldAt + META] & ~LINKED
  }

  /** Takes a linked item out of the table and its list. Locked; then drop it. */
  unlink (ref: Ref): void {
    const words = this.words[ref >>> this.segmentShift]
    const at = (ref & this.granuleMask) << this.wordShift
    const sizeClass = this.allocator.classOf(ref)
    this.table.remove(ref)
    this.takeOut(ref, words, at, sizeClass, this.listOf(sizeClass, words[at + META]))
    words[at + META] = words[at + META] & ~LINKED
  }

  /** The same when its list's lock is held too. */
  unlinkFrom (list: number, ref: Ref, sizeClass: number): void {
    const words = this.words[ref >>> this.segmentShift]
    const at = (ref & this.granuleMask) << this.wordShift
    this.table.remove(ref)
    this.lists.remove(list, ref)
    this.counters.removeItem(this.rowOf(sizeClass, words[at + META]), sizeIn(words, at))
    words[at + META] = words[at + META] & ~LINKED
  }

  /** Changes the expiry of a linked item. Locked. */
  touch (ref: Ref, words: Int32Array, at: number, expires: number): void {
    words[at + EXPIRES] = expires
    if (expires === 0) return
    const list = this.listOf(this.allocator.classOf(ref), words[at + META])
    this.locks.lockList(list)
    this.lists.expect(list, expires)
    this.locks.unlockList(list)
  }

  /** Takes the value from a linked item. Its bytes stay, for whoever holds it. Locked. */
  empty (ref: Ref, words: Int32Array, at: number): void {
    const sizeClass = this.allocator.classOf(ref)
    const row = this.rowOf(sizeClass, words[at + META])
    const list = this.listOf(sizeClass, words[at + META])
    this.locks.lockList(list)
    this.counters.removeItem(row, sizeIn(words, at))
    words[at + SIZE] = 0
    this.counters.addItem(row, sizeIn(words, at), 0)
    this.locks.unlockList(list)
  }

  /** Lets the table keep up with the number of items. Called, without locks, after link. */
  grow (): void {
    if ((++this.newItems & GROW_MASK) !== 0) return
    const { table } = this
    const needed = this.lists.countAllItems() / MOST_LOAD
    if (table.used >= needed || !table.canGrow()) return
    // Under no lock.
    table.prepare()
    if (!this.locks.tryLockGrowth()) return
    for (let i = 0; i < MOST_SPLITS && table.used < needed && table.canGrow(); i++) {
      const bucket = table.next
      this.locks.lockBucket(bucket)
      table.split()
      this.locks.unlockBucket(bucket)
    }
    this.locks.unlockGrowth()
  }

  private prepare (words: Int32Array, at: number, now: number, state: number): void {
    const segment = this.listPerClass ? this.lru.segmentFor(words[at + EXPIRES], now) : 0
    words[at + META] = (words[at + META] & KEY_LENGTH) | state | LINKED | STORED |
      segment << SEGMENT_SHIFT | this.control[GENERATION] << GENERATION_SHIFT
    words[at + USED] = now
    // Its maker's and the link's: nobody else could hold it.
    words[at + HOLDS] = 2
  }

  /** Under the list's lock. */
  private count (sizeClass: number, list: number, words: Int32Array, at: number): void {
    this.counters.addItem(this.rowOf(sizeClass, words[at + META]), sizeIn(words, at), 1)
    if (words[at + EXPIRES] !== 0) this.lists.expect(list, words[at + EXPIRES])
  }

  private takeOut (
    ref: Ref, words: Int32Array, at: number, sizeClass: number, list: number
  ): void {
    this.locks.lockList(list)
    this.lists.remove(list, ref)
    this.counters.removeItem(this.rowOf(sizeClass, words[at + META]), sizeIn(words, at))
    this.locks.unlockList(list)
  }
}

/** Bytes of the item whose header begins there. */
function sizeIn (words: Int32Array, at: number): number {
  return HEADER + (words[at + META] & KEY_LENGTH) + words[at + SIZE]
}
