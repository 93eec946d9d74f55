import type { Host, Op } from '@memplug/engine'
import type { Allocator } from './allocator.js'
import { ArenaLocks } from './arena-locks.js'
import { CasCounter } from './cas.js'
import { ClassCount, Counters } from './counters.js'
import { Ghosts } from './ghosts.js'
import { Hasher } from './hash.js'
import { HEADER_SIZE, Meta, Word } from './header.js'
import { Holds } from './holds.js'
import { Lists } from './lists.js'
import type { Memory, Ref } from './memory.js'
import { Control, type SharedArena } from './shared.js'
import { Table } from './table.js'
import { tellMissed } from './watching.js'

// Constants of one's own are folded into optimized code; imported ones are loaded each time.
const { HASH, CAS_LOW, CAS_HIGH, EXPIRES, FLAGS, USED, META, SIZE, HOLDS } = Word
const { KEY_LENGTH, VISITED, LINKED, STORED, GENERATION_SHIFT } = Meta
const HEADER = HEADER_SIZE
const HEADER_WORDS = HEADER_SIZE / 4

const { SEED_0, SEED_1, GENERATION } = Control

/** Whether the table is to grow is looked at once in so many new items. */
const GROW_MASK = 15
/** Items to a bucket, from which on the table grows. */
const MOST_LOAD = 1.5
/** Buckets split at most at one look: less than 10 microseconds. */
const MOST_SPLITS = 32

/**
 * Items in shared memory: found by the table, ordered by the lists, held by whoever reads them.
 *
 * Locks are taken in this order: a bucket's, a list's, the allocator's. Nothing is allocated
 * under a lock. Functions whose comment says "locked" are called under the bucket's lock.
 */
export class Arena {
  readonly memory: Memory
  readonly table: Table
  readonly ghosts: Ghosts
  readonly lists: Lists
  readonly locks: ArenaLocks
  readonly cas: CasCounter
  readonly counters: Counters
  readonly hasher: Hasher
  readonly allocator: Allocator
  /** Makes room when the allocator has none; false if it can't. Set by whoever evicts. */
  makeRoom: (bytes: number) => boolean = () => false

  private readonly host: Host
  private readonly alone: boolean
  private readonly keepsCas: boolean
  private readonly holds: Holds
  private readonly control: Int32Array
  private readonly listPerClass: boolean
  private readonly words: readonly Int32Array[]
  private readonly bytes: readonly Buffer[]
  private readonly segmentShift: number
  private readonly granuleMask: number
  private readonly wordShift: number
  private newItems = 0

  constructor (host: Host, shared: SharedArena, memory: Memory, allocator: Allocator) {
    this.host = host
    this.alone = host.threads === 1
    this.keepsCas = host.settings.cas
    this.memory = memory
    this.words = memory.words
    this.bytes = memory.bytes
    this.segmentShift = memory.segmentShift
    this.granuleMask = memory.granuleMask
    this.wordShift = memory.wordShift
    this.allocator = allocator
    this.listPerClass = allocator.listPerClass
    this.control = new Int32Array(shared.control)
    this.hasher = new Hasher(this.control[SEED_0], this.control[SEED_1])
    this.table = new Table(shared.table, memory)
    this.ghosts = new Ghosts(shared.ghosts, this.table)
    this.lists = new Lists(shared.lists, memory)
    this.locks = new ArenaLocks(
      shared.locks, this.lists.count, this.alone, host.thread, host.end?.bind(host))
    this.cas = new CasCounter(shared.cas, this.alone)
    this.counters = new Counters(shared.counters, allocator.classes, host.thread)
    this.holds = new Holds(shared.holds, host.thread)
  }

  /** The segment an item lies in, as words, and the index of its header's first word there. */
  wordsOf (ref: Ref): Int32Array {
    return this.words[ref >>> this.segmentShift]
  }

  indexOf (ref: Ref): number {
    return (ref & this.granuleMask) << this.wordShift
  }

  bytesOf (ref: Ref): Buffer {
    return this.bytes[ref >>> this.segmentShift]
  }

  // Items that are not linked.

  /** A chunk for so many bytes, evicting if need be; 0 if there is no room to be made. */
  take (bytes: number): Ref {
    for (;;) {
      this.locks.lockAllocator()
      const ref = this.allocator.allocate(bytes)
      this.locks.unlockAllocator()
      if (ref !== 0) return ref
      if (!this.makeRoom(bytes)) return this.noteOutOfMemory(bytes)
    }
  }

  private noteOutOfMemory (bytes: number): 0 {
    const sizeClass = this.allocator.classFor(bytes)
    const list = this.listOf(sizeClass)
    this.locks.lockList(list)
    this.counters.add(sizeClass, ClassCount.OUT_OF_MEMORY, 1)
    this.locks.unlockList(list)
    return 0
  }

  /**
   * A new item, held once, with that key (as Hasher.words has it) and a value that is yet to
   * be written; 0 if there is no memory.
   */
  make (
    hash: number, key: Int32Array, keyAt: number, length: number, size: number, flags: number,
    expires: number
  ): Ref {
    const ref = this.take(HEADER + length + size)
    if (ref === 0) return 0
    const words = this.words[ref >>> this.segmentShift]
    const at = (ref & this.granuleMask) << this.wordShift
    words[at + HASH] = hash
    words[at + CAS_LOW] = 0
    words[at + CAS_HIGH] = 0
    words[at + EXPIRES] = expires
    words[at + FLAGS] = flags
    words[at + USED] = 0
    words[at + META] = length
    words[at + SIZE] = size
    words[at + HOLDS] = 1
    // The value is written later: what the last word writes of it does not matter.
    const keyWords = (length + 3) >>> 2
    for (let i = 0; i < keyWords; i++) words[at + HEADER_WORDS + i] = key[keyAt + i]
    this.holds.add(ref)
    return ref
  }

  // Holds.

  /** Holds a linked item. Locked. */
  hold (ref: Ref): void {
    const words = this.words[ref >>> this.segmentShift]
    const at = ((ref & this.granuleMask) << this.wordShift) + HOLDS
    if (this.alone) words[at] = words[at] + 1
    else Atomics.add(words, at, 1)
    this.holds.add(ref)
  }

  /** Ends a hold of this thread. */
  release (ref: Ref): void {
    this.holds.remove(ref)
    this.drop(ref)
  }

  /** Ends the holds that this thread number had before: its thread died. */
  releaseAll (): number {
    let count = 0
    for (let ref = this.holds.pop(); ref !== 0; ref = this.holds.pop()) {
      this.drop(ref)
      count++
    }
    return count
  }

  /** Takes one off the count, and frees the chunk at 0. */
  drop (ref: Ref): void {
    const words = this.words[ref >>> this.segmentShift]
    const at = ((ref & this.granuleMask) << this.wordShift) + HOLDS
    // The only holder of an item that nobody can find has no rivals.
    if (words[at] === 1) words[at] = 0
    else if (!this.alone) {
      if (Atomics.sub(words, at, 1) !== 1) return
    } else {
      words[at] = words[at] - 1
      return
    }
    this.locks.lockAllocator()
    this.allocator.free(ref)
    this.locks.unlockAllocator()
  }

  /** Whether nobody holds an item but the table. Locked: it stays so until the unlock. */
  isUnheld (words: Int32Array, at: number): boolean {
    return words[at + HOLDS] === 1
  }

  // Cas values.

  /** Gives an item a new cas: the one that op asks for, or the next. */
  stamp (op: Op, words: Int32Array, at: number): void {
    if (!this.keepsCas) return
    if (op.setCas) {
      words[at + CAS_LOW] = op.newCasLow
      words[at + CAS_HIGH] = op.newCasHigh
      return
    }
    this.cas.draw()
    words[at + CAS_LOW] = this.cas.low
    words[at + CAS_HIGH] = this.cas.high
  }

  /** Whether an item has the cas that op asks for. Without cas values none has. */
  casMatches (op: Op, words: Int32Array, at: number): boolean {
    return this.keepsCas && words[at + CAS_LOW] === op.casLow && words[at + CAS_HIGH] === op.casHigh
  }

  // Linked items.

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

  /** The LRU list of a class. */
  listOf (sizeClass: number): number {
    return this.listPerClass ? sizeClass : 0
  }

  /** Makes a new item findable, with these bits of State set. Locked; the link holds it. */
  link (ref: Ref, now: number, state: number): void {
    const words = this.words[ref >>> this.segmentShift]
    const at = (ref & this.granuleMask) << this.wordShift
    this.prepare(words, at, now, this.ghosts.has(words[at + HASH]) ? state | VISITED : state)
    this.table.insert(ref)
    const sizeClass = this.allocator.classOf(ref)
    const list = this.listOf(sizeClass)
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
    const list = this.listOf(sizeClass)
    const oldList = this.listOf(oldClass)
    // A written item was used: in its old place it is passed by once more.
    this.prepare(words, at, now, list === oldList ? state | VISITED : state)
    this.table.replace(old, ref)
    if (list !== oldList) {
      this.takeOut(old, oldWords, oldAt, oldClass, oldList)
      this.locks.lockList(list)
      this.lists.push(list, ref)
    } else {
      this.locks.lockList(list)
      this.lists.replace(list, old, ref)
      this.counters.removeItem(oldClass, sizeIn(oldWords, oldAt))
    }
    this.count(sizeClass, list, words, at)
    this.locks.unlockList(list)
    oldWords[oldAt + META] = oldWords[oldAt + META] & ~LINKED
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
    const list = this.listOf(this.allocator.classOf(ref))
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
    this.takeOut(ref, words, at, sizeClass, this.listOf(sizeClass))
    words[at + META] = words[at + META] & ~LINKED
  }

  /** The same when its list's lock is held too. */
  unlinkFrom (list: number, ref: Ref, sizeClass: number): void {
    const words = this.words[ref >>> this.segmentShift]
    const at = (ref & this.granuleMask) << this.wordShift
    this.table.remove(ref)
    this.lists.remove(list, ref)
    this.counters.removeItem(sizeClass, sizeIn(words, at))
    words[at + META] = words[at + META] & ~LINKED
  }

  /** Changes the expiry of a linked item. Locked. */
  touch (ref: Ref, words: Int32Array, at: number, expires: number): void {
    words[at + EXPIRES] = expires
    if (expires === 0) return
    const list = this.listOf(this.allocator.classOf(ref))
    this.locks.lockList(list)
    this.lists.expect(list, expires)
    this.locks.unlockList(list)
  }

  /** Takes the value from a linked item. Its bytes stay, for whoever holds it. Locked. */
  empty (ref: Ref, words: Int32Array, at: number): void {
    const sizeClass = this.allocator.classOf(ref)
    const list = this.listOf(sizeClass)
    this.locks.lockList(list)
    this.counters.removeItem(sizeClass, sizeIn(words, at))
    words[at + SIZE] = 0
    this.counters.addItem(sizeClass, sizeIn(words, at), 0)
    this.locks.unlockList(list)
  }

  /** Lets the table keep up with the number of items. Called, without locks, after link. */
  grow (): void {
    if ((++this.newItems & GROW_MASK) !== 0) return
    const { table } = this
    const needed = this.lists.countAllItems() / MOST_LOAD
    if (table.used >= needed || !table.canGrow() || !this.locks.tryLockGrowth()) return
    for (let i = 0; i < MOST_SPLITS && table.used < needed && table.canGrow(); i++) {
      const bucket = table.next
      this.locks.lockBucket(bucket)
      table.split()
      this.locks.unlockBucket(bucket)
    }
    this.locks.unlockGrowth()
  }

  private prepare (words: Int32Array, at: number, now: number, state: number): void {
    words[at + META] = (words[at + META] & KEY_LENGTH) | state | LINKED | STORED |
      this.control[GENERATION] << GENERATION_SHIFT
    words[at + USED] = now
    // Its maker's and the link's: nobody else could hold it.
    words[at + HOLDS] = 2
  }

  /** Under the list's lock. */
  private count (sizeClass: number, list: number, words: Int32Array, at: number): void {
    this.counters.addItem(sizeClass, sizeIn(words, at), 1)
    if (words[at + EXPIRES] !== 0) this.lists.expect(list, words[at + EXPIRES])
  }

  private takeOut (
    ref: Ref, words: Int32Array, at: number, sizeClass: number, list: number
  ): void {
    this.locks.lockList(list)
    this.lists.remove(list, ref)
    this.counters.removeItem(sizeClass, sizeIn(words, at))
    this.locks.unlockList(list)
  }
}

/** Bytes of the item whose header begins there. */
function sizeIn (words: Int32Array, at: number): number {
  return HEADER + (words[at + META] & KEY_LENGTH) + words[at + SIZE]
}
