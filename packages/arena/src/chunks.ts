import type { Host, Op } from '@memplug/engine'
import type { Allocator } from './allocator.js'
import { ArenaLocks } from './arena-locks.js'
import { CasCounter } from './cas.js'
import { ClassCount, Counters } from './counters.js'
import { Hasher } from './hash.js'
import { HEADER_SIZE, Meta, Word } from './header.js'
import { Holds } from './holds.js'
import { Lists } from './lists.js'
import { SEGMENT_BITS } from './lru.js'
import type { Memory, Ref } from './memory.js'
import { Control, type SharedArena } from './shared.js'

// Constants of one's own are folded into optimized code; imported ones are loaded each time.
const { HASH, CAS_LOW, CAS_HIGH, EXPIRES, FLAGS, USED, META, SIZE, HOLDS } = Word
const { SEGMENT_SHIFT } = Meta
const HEADER = HEADER_SIZE
const HEADER_WORDS = HEADER_SIZE / 4

const { SEED_0, SEED_1 } = Control
const SEGMENT_MASK = (1 << SEGMENT_BITS) - 1

/**
 * What an arena knows of items that need not be linked: they are made, held, and freed when
 * nobody holds them any more. Functions whose comment says "locked" are called under the lock
 * of the item's bucket.
 */
export class Chunks {
  readonly memory: Memory
  readonly lists: Lists
  readonly locks: ArenaLocks
  readonly cas: CasCounter
  readonly counters: Counters
  readonly hasher: Hasher
  readonly allocator: Allocator
  /** Makes room when the allocator has none; false if it can't. Set by whoever evicts. */
  makeRoom: (bytes: number) => boolean = () => false

  readonly listPerClass: boolean
  protected readonly alone: boolean
  /** Words by Control. */
  readonly control: Int32Array
  protected readonly words: readonly Int32Array[]
  protected readonly bytes: readonly Buffer[]
  protected readonly segmentShift: number
  protected readonly granuleMask: number
  protected readonly wordShift: number
  private readonly keepsCas: boolean
  private readonly holds: Holds
  private readonly rowBits: number

  constructor (host: Host, shared: SharedArena, memory: Memory, allocator: Allocator) {
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
    this.rowBits = allocator.listPerClass ? SEGMENT_BITS : 0
    this.control = new Int32Array(shared.control)
    this.hasher = new Hasher(this.control[SEED_0], this.control[SEED_1])
    this.lists = new Lists(shared.lists, memory)
    this.locks = new ArenaLocks(
      shared.locks, this.lists.count, this.alone, host.thread, host.end?.bind(host))
    this.cas = new CasCounter(shared.cas, this.alone)
    this.counters = new Counters(shared.counters, allocator.classes, host.thread, this.rowBits)
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

  /** The LRU list of an item with this Meta. */
  listOf (sizeClass: number, meta: number): number {
    return this.listPerClass ? this.rowOf(sizeClass, meta) : 0
  }

  /** All LRU lists of a class. */
  listsOf (sizeClass: number): number[] {
    if (!this.listPerClass) return [0]
    return Array.from({ length: 1 << this.rowBits }, (_, i) => (sizeClass << this.rowBits) + i)
  }

  /** Where the item is counted: a row for each list of the class, or one. */
  rowOf (sizeClass: number, meta: number): number {
    return sizeClass << this.rowBits | meta >>> SEGMENT_SHIFT & SEGMENT_MASK
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
    const list = this.listOf(sizeClass, 0)
    this.locks.lockList(list)
    this.counters.add(this.rowOf(sizeClass, 0), ClassCount.OUT_OF_MEMORY, 1)
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
}
