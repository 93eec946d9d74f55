/**
 * A general allocator after jemalloc's plan. A small chunk comes from a run, an extent divided
 * into chunks of one class; a large one is an extent by itself. A run whose last chunk is freed
 * goes back to the extents, so that memory moves from one size to another by itself.
 *
 * A run's chunks are kept in a bitmap, a set bit for a free chunk, highest first. A word of it
 * stands in FREE of each quantum but the first; the second quantum holds the run's counts too.
 */

import type { ClassStats, Memory, Ref } from '@memplug/arena'
import { Classes, LARGEST_SMALL, QUANTUM, QUANTUM_BITS } from './classes.js'
import {
  CLASS_MASK, CLASS_SHIFT, CLOSED, Extents, INFO, NEXT, PREV, SIZE_SHIFT, START, State, TAG_BITS,
  type SharedExtents
} from './extents.js'

/** A word of the bitmap, in the tags of every quantum of a run but the first. */
const FREE = INFO
/** How many chunks are in use: in the tags of a run's second quantum. */
const IN_USE = (1 << TAG_BITS) + NEXT
/** The first word of the bitmap that may have a bit. */
const HINT = (1 << TAG_BITS) + PREV

/** The word of an item's header that must be 0 in a chunk that was cut anew. */
const HOLDS = 11

/** Words of `lists`: for each class its first run with free chunks, and its counts. */
const CLASS_COUNT = CLASS_MASK + 1
const PARTIAL = 0
const RUNS = CLASS_COUNT
const CHUNKS = 2 * CLASS_COUNT
/** The same for large extents, by the doubling of their size in quanta. */
const EXTENTS = 3 * CLASS_COUNT
const QUANTA = EXTENTS + 32
const LIST_WORDS = QUANTA + 32
/** Classes above its own that a chunk may come from: a quarter more than it needs, at most. */
const WIDER = 2
/** Large extents have 9 to 2^20 quanta. */
const FIRST_DOUBLING = 3
const LAST_DOUBLING = 20

export interface SharedHeap {
  readonly extents: SharedExtents
  readonly lists: SharedArrayBuffer
}

/** Every function is called under the allocator lock. */
export class Heap {
  readonly extents: Extents
  readonly classes: Classes
  /** `ref >>> quantumShift` is the number of the quantum. */
  readonly quantumShift: number
  /** The extent that what this object freed last was in, or is part of now. */
  freedAt = 0
  /** An extent that was cleared for the next large chunk of this object, or 0. */
  kept = 0
  /** The next small chunk may be of a class or two above its own, if that has one to spare. */
  mayWiden = false
  private readonly memory: Memory
  private readonly tags: Int32Array
  private readonly lists: Int32Array

  static reserve (pages: number, usable = pages): SharedHeap {
    return {
      extents: Extents.reserve(pages, usable),
      lists: new SharedArrayBuffer(LIST_WORDS * 4)
    }
  }

  constructor (shared: SharedHeap, memory: Memory) {
    this.memory = memory
    this.extents = new Extents(shared.extents)
    this.classes = new Classes(memory.granuleBits)
    this.quantumShift = QUANTUM_BITS - memory.granuleBits
    this.tags = this.extents.tags
    this.lists = new Int32Array(shared.lists)
  }

  /** A chunk of so many bytes, or 0 if there is no room. */
  allocate (bytes: number): Ref {
    if (bytes > LARGEST_SMALL) return this.allocateLarge(bytes)
    const number = this.classes.of(bytes)
    let run = this.lists[PARTIAL + number]
    if (run === 0) {
      run = this.startRun(number)
      if (run === 0) return this.takeWider(number)
    }
    return this.takeChunk(run, number)
  }

  /** Throws if that chunk is not in use: memory is not what it should be. */
  free (ref: Ref): void {
    const quantum = ref >>> this.quantumShift
    const start = this.tags[(quantum << TAG_BITS) + START]
    const info = this.tags[(start << TAG_BITS) + INFO]
    if ((info & State.MASK) === State.RUN) return this.freeChunk(ref, start, info)
    if (start !== quantum || (info & (State.MASK | CLOSED)) !== State.LARGE) throw badFree(ref)
    this.countLarge(start, -1)
    this.freedAt = this.extents.give(start)
  }

  /** Classes of small chunks, and then one for each doubling of large ones. */
  get classCount (): number {
    return this.classes.count + LAST_DOUBLING - FIRST_DOUBLING + 1
  }

  /**
   * What `stats slabs` tells of a class; null if it has no memory. A run is a page, and so is a
   * large extent, whose chunk size is the average of its doubling.
   */
  describe (number: number): ClassStats | null {
    const { lists, classes } = this
    if (number >= classes.count) {
      const doubling = number - classes.count + FIRST_DOUBLING
      const count = lists[EXTENTS + doubling]
      if (count === 0) return null
      return {
        chunkSize: Math.round(lists[QUANTA + doubling] / count * QUANTUM),
        chunksPerPage: 1,
        totalPages: count,
        totalChunks: count,
        usedChunks: count
      }
    }
    const runs = lists[RUNS + number]
    if (runs === 0) return null
    const { size, chunks } = classes.shapes[number]
    return {
      chunkSize: size,
      chunksPerPage: chunks,
      totalPages: runs,
      totalChunks: runs * chunks,
      usedChunks: lists[CHUNKS + number]
    }
  }

  /** Bytes of all chunks in use. */
  get allocated (): number {
    let bytes = 0
    this.classes.shapes.forEach(({ size }, number) => {
      bytes += size * this.lists[CHUNKS + number]
    })
    for (let i = FIRST_DOUBLING; i <= LAST_DOUBLING; i++) bytes += QUANTUM * this.lists[QUANTA + i]
    return bytes
  }

  /** The class that a chunk of so many bytes would have. */
  classFor (bytes: number): number {
    return bytes > LARGEST_SMALL
      ? this.classOfLarge(Math.ceil(bytes / QUANTUM))
      : this.classes.of(bytes)
  }

  /** The class of a chunk in use. May be asked without the lock. */
  classOf (ref: Ref): number {
    const start = this.tags[(ref >>> this.quantumShift << TAG_BITS) + START]
    const info = this.tags[(start << TAG_BITS) + INFO]
    return (info & State.MASK) === State.RUN
      ? info >>> CLASS_SHIFT & CLASS_MASK
      : this.classOfLarge(info >>> SIZE_SHIFT)
  }

  /** Whether a chunk of so many bytes could be had. Without the lock, a glance. */
  hasRoom (bytes: number): boolean {
    if (bytes > LARGEST_SMALL) return this.extents.hasRoom(Math.ceil(bytes / QUANTUM))
    const number = this.classes.of(bytes)
    return this.lists[PARTIAL + number] !== 0 ||
      this.extents.hasRoom(this.classes.quanta[number])
  }

  /** Whether a class a little above that of so many bytes has a chunk. A glance, too. */
  hasWider (bytes: number): boolean {
    return this.findWider(this.classes.of(bytes)) !== 0
  }

  /** The size of the extent that makes room for so many bytes. */
  quantaFor (bytes: number): number {
    return bytes > LARGEST_SMALL
      ? Math.ceil(bytes / QUANTUM)
      : this.classes.quanta[this.classes.of(bytes)]
  }

  /** How much of an extent is in use, from 0 to 1. Without the lock, a glance. */
  usageOf (start: number): number {
    const info = this.tags[(start << TAG_BITS) + INFO]
    if ((info & State.MASK) === State.FREE) return 0
    if ((info & State.MASK) === State.LARGE) return 1
    const number = info >>> CLASS_SHIFT & CLASS_MASK
    return this.tags[(start << TAG_BITS) + IN_USE] / this.classes.chunks[number]
  }

  /** As Extents.lower: nothing beyond the limit is given out any more. */
  lower (limit: number): number {
    const { extents } = this
    const end = extents.limit
    const first = extents.lower(limit)
    for (let at = first; at < end; at += Math.max(1, extents.sizeOf(at))) {
      if (extents.isLeaving(at) && extents.stateOf(at) === State.RUN) this.closeRun(at)
    }
    return first
  }

  /** A run in a window gives no chunk. */
  closeRun (run: number): void {
    const at = (run << TAG_BITS) + INFO
    const number = this.classAt(run)
    if (this.tags[(run << TAG_BITS) + IN_USE] < this.classes.chunks[number]) {
      this.unlinkRun(run, number)
    }
    this.tags[at] |= CLOSED
  }

  reopenRun (run: number): void {
    const at = (run << TAG_BITS) + INFO
    const number = this.classAt(run)
    this.tags[at] &= ~CLOSED
    if (this.tags[(run << TAG_BITS) + IN_USE] < this.classes.chunks[number]) {
      this.linkRun(run, number)
    }
  }

  /** Whether the chunk is in use, as far as can be seen without the lock. */
  isUsed (run: number, chunk: number): boolean {
    return (this.tags[this.wordOf(run, chunk)] & 0x80000000 >>> (chunk & 31)) === 0
  }

  /** The chunk that is all of a large extent, or the first of a run. */
  refOf (start: number): Ref {
    return start << this.quantumShift
  }

  chunkRef (run: number, number: number, chunk: number): Ref {
    return this.refOf(run) + Math.imul(chunk, this.classes.granules[number]) | 0
  }

  /** The class of a run. */
  classAt (run: number): number {
    return this.tags[(run << TAG_BITS) + INFO] >>> CLASS_SHIFT & CLASS_MASK
  }

  private takeChunk (run: number, number: number): Ref {
    const tags = this.tags
    const base = run << TAG_BITS
    let word = tags[base + HINT]
    let free = tags[base + (word + 1 << TAG_BITS) + FREE]
    while (free === 0) {
      word++
      free = tags[base + (word + 1 << TAG_BITS) + FREE]
    }
    const bit = Math.clz32(free)
    tags[base + (word + 1 << TAG_BITS) + FREE] = free & ~(0x80000000 >>> bit)
    tags[base + HINT] = word
    const inUse = tags[base + IN_USE] + 1
    tags[base + IN_USE] = inUse
    this.lists[CHUNKS + number]++
    if (inUse === this.classes.chunks[number]) this.unlinkRun(run, number)
    const chunk = (word << 5) + bit
    return this.chunkRef(run, number, chunk)
  }

  /** The nearest class above that has a chunk, or 0. */
  private findWider (number: number): number {
    const last = Math.min(number + WIDER, this.classes.count - 1)
    for (let wider = number + 1; wider <= last; wider++) {
      if (this.lists[PARTIAL + wider] !== 0) return wider
    }
    return 0
  }

  private takeWider (number: number): Ref {
    if (!this.mayWiden) return 0
    this.mayWiden = false
    const wider = this.findWider(number)
    return wider === 0 ? 0 : this.takeChunk(this.lists[PARTIAL + wider], wider)
  }

  private freeChunk (ref: Ref, run: number, info: number): void {
    const tags = this.tags
    const number = info >>> CLASS_SHIFT & CLASS_MASK
    const chunk = this.classes.chunkAt(number, ref - (run << this.quantumShift) | 0)
    const at = this.wordOf(run, chunk)
    const bit = 0x80000000 >>> (chunk & 31)
    if ((tags[at] & bit) !== 0) throw badFree(ref)
    tags[at] |= bit
    const base = run << TAG_BITS
    if (chunk >>> 5 < tags[base + HINT]) tags[base + HINT] = chunk >>> 5
    const inUse = tags[base + IN_USE] - 1
    tags[base + IN_USE] = inUse
    this.lists[CHUNKS + number]--
    const isListed = inUse + 1 < this.classes.chunks[number] && (info & CLOSED) === 0
    this.freedAt = run
    if (inUse === 0) this.endRun(run, number, isListed)
    else if (!isListed && (info & CLOSED) === 0) this.linkRun(run, number)
  }

  private startRun (number: number): number {
    const quanta = this.classes.quanta[number]
    const run = this.extents.take(quanta, State.RUN | number << CLASS_SHIFT)
    if (run === 0) return 0
    const base = run << TAG_BITS
    let chunks = this.classes.chunks[number]
    for (let i = 1; i < quanta; i++, chunks -= 32) {
      const at = base + (i << TAG_BITS)
      this.tags[at + START] = run
      this.tags[at + FREE] = chunks >= 32 ? -1 : chunks > 0 ? -1 << 32 - chunks : 0
    }
    this.tags[base + IN_USE] = 0
    this.tags[base + HINT] = 0
    const ref = this.refOf(run)
    for (let i = 0; i < this.classes.chunks[number]; i++) {
      this.clearHolds(ref + i * this.classes.granules[number])
    }
    this.lists[RUNS + number]++
    this.linkRun(run, number)
    return run
  }

  private endRun (run: number, number: number, isListed: boolean): void {
    if (isListed) this.unlinkRun(run, number)
    this.lists[RUNS + number]--
    for (let i = this.classes.quanta[number] - 1; i > 0; i--) {
      this.tags[(run + i << TAG_BITS) + FREE] = 0
    }
    this.freedAt = this.extents.give(run)
  }

  /** A run that was full goes first, so that runs with more room may fall empty meanwhile. */
  private linkRun (run: number, number: number): void {
    const at = run << TAG_BITS
    const next = this.lists[PARTIAL + number]
    this.tags[at + NEXT] = next
    this.tags[at + PREV] = 0
    if (next !== 0) this.tags[(next << TAG_BITS) + PREV] = run
    this.lists[PARTIAL + number] = run
  }

  private unlinkRun (run: number, number: number): void {
    const at = run << TAG_BITS
    const next = this.tags[at + NEXT]
    const prev = this.tags[at + PREV]
    if (next !== 0) this.tags[(next << TAG_BITS) + PREV] = prev
    if (prev !== 0) this.tags[(prev << TAG_BITS) + NEXT] = next
    else this.lists[PARTIAL + number] = next
  }

  private allocateLarge (bytes: number): Ref {
    const size = Math.ceil(bytes / QUANTUM)
    const start = this.takeKept(size) || this.extents.take(size, State.LARGE)
    if (start === 0) return 0
    this.countLarge(start, 1)
    const ref = this.refOf(start)
    this.clearHolds(ref)
    return ref
  }

  private classOfLarge (size: number): number {
    return this.classes.count + doublingOf(size) - FIRST_DOUBLING
  }

  private takeKept (size: number): number {
    const { kept } = this
    if (kept === 0) return 0
    this.kept = 0
    if (this.extents.sizeOf(kept) === size) return kept
    this.extents.give(kept)
    return 0
  }

  /** As the arena asks of chunks that are cut anew. */
  private clearHolds (ref: Ref): void {
    const { memory } = this
    const at = (ref & memory.granuleMask) << memory.wordShift
    memory.words[ref >>> memory.segmentShift][at + HOLDS] = 0
  }

  private countLarge (start: number, sign: number): void {
    const size = this.extents.sizeOf(start)
    const doubling = doublingOf(size)
    this.lists[EXTENTS + doubling] += sign
    this.lists[QUANTA + doubling] += sign * size
  }

  private wordOf (run: number, chunk: number): number {
    return (run + 1 + (chunk >>> 5) << TAG_BITS) + FREE
  }
}

function doublingOf (size: number): number {
  return 31 - Math.clz32(size)
}

function badFree (ref: Ref): Error {
  return new Error(`chunk ${ref >>> 0} is freed but not in use: the memory is damaged`)
}
