import { ChunkState, PAGE_SIZE, Rescue } from '@memplug/arena'
import type { Discard, Evictor, Memory, Ref } from '@memplug/arena'
import { PAGE_QUANTA, QUANTUM } from './classes.js'
import { State } from './extents.js'
import type { Heap } from './heap.js'
import { BLOCK_BITS, type Residency } from './residency.js'

/** Words of what is shared: the limit in bytes, and in pages; where all memory in use ends. */
const BYTES = 0
const PAGES = 1
const END = 2
/** While a page is given up: where the first extent begins that lies in it. */
const LEAVING = 3
const WORDS = 4

/** Milliseconds that it works at a time, and that it then leaves to others. */
const SLICE = 0.5
const PAUSE = 1
/** The pause is doubled up to this while something in the page is held. */
const LONGEST_PAUSE = 100
/** Items evicted, at most, for the room of one. */
const MOST_EVICTED = 16
/** Bytes of the largest chunk that is copied, which takes a lock for some 100 microseconds. */
const MOST_COPIED = 2 ** 19
const QUANTA_PER_BLOCK = 2 ** BLOCK_BITS / QUANTUM

/**
 * How much memory there is for items: -m at first, then what cache_memlimit says. A lower limit
 * is reached page by page, from the end: what lives in a page moves to where there is room, made
 * by evicting the oldest items of all, and the empty page goes back to the operating system.
 */
export class MemoryLimit {
  /** Set on thread 0, if there is a way to give memory back. */
  discard: Discard | null = null
  private readonly shared: Float64Array
  private readonly heap: Heap
  private readonly memory: Memory
  private readonly residency: Residency
  /** The extent that is looked at next, and the chunk in it if it is a run. */
  private at = Infinity
  private chunk = 0
  private pause = PAUSE

  static reserve (pages: number, bytes: number): SharedArrayBuffer {
    const shared = new SharedArrayBuffer(8 * WORDS)
    new Float64Array(shared).set([bytes, pages, (pages + 1) * PAGE_QUANTA])
    return shared
  }

  constructor (shared: SharedArrayBuffer, heap: Heap, memory: Memory) {
    this.shared = new Float64Array(shared)
    this.heap = heap
    this.memory = memory
    this.residency = heap.extents.residency
  }

  get bytes (): number {
    return this.shared[BYTES]
  }

  /** Where, as quanta count, the memory ends that items may yet be in. */
  get end (): number {
    return this.shared[END]
  }

  /** Takes another limit; false beyond what was reserved. */
  set (bytes: number, evictor: Evictor): boolean {
    const pages = Math.floor(bytes / PAGE_SIZE)
    if (pages < 1 || pages > this.memory.pages) return false
    evictor.lock()
    this.shared[BYTES] = bytes
    this.shared[PAGES] = pages
    if (!this.isLowering) this.raise()
    evictor.unlock()
    return true
  }

  /** On thread 0. Goes on giving up memory; milliseconds until it wants to be called again. */
  run (evictor: Evictor): number {
    if (!this.isLowering && !this.start(evictor)) return Infinity
    const end = performance.now() + SLICE
    do {
      if (this.at < this.end) this.step(evictor)
      else if (!this.endPass(evictor)) return this.rest()
      else if (!this.start(evictor)) return Infinity
    } while (performance.now() < end)
    return PAUSE
  }

  /** Whether a page is being given up. */
  private get isLowering (): boolean {
    return this.heap.extents.limit < this.end
  }

  /** Under the lock, while no page is given up. */
  private raise (): void {
    const end = (this.shared[PAGES] + 1) * PAGE_QUANTA
    if (end <= this.end) return
    this.heap.extents.raise(end)
    this.shared[END] = end
  }

  /** Begins with the last page, if the limit says so. */
  private start (evictor: Evictor): boolean {
    const { heap, shared } = this
    evictor.lock()
    this.raise()
    const starts = (shared[PAGES] + 1) * PAGE_QUANTA < this.end && !heap.extents.isWindowOpen
    if (starts) shared[LEAVING] = heap.lower(this.end - PAGE_QUANTA)
    evictor.unlock()
    if (starts) this.beginPass()
    return starts
  }

  private beginPass (): void {
    this.at = this.shared[LEAVING]
    this.chunk = 0
    // What reached into the page is gone from it: below, other things begin.
    if (!this.heap.extents.isLeaving(this.at)) this.at = this.heap.extents.limit
  }

  private rest (): number {
    this.beginPass()
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE)
    return this.pause
  }

  private step (evictor: Evictor): void {
    const { heap, at } = this
    const { extents } = heap
    const size = extents.isLeaving(at) ? extents.sizeOf(at) : 0
    const isRun = extents.stateOf(at) === State.RUN
    const number = heap.classAt(at)
    if (size === 0 || (isRun && this.chunk >= heap.classes.chunks[number])) {
      this.at += Math.max(1, size)
      this.chunk = 0
    } else if (!isRun) {
      this.at += size
      this.move(heap.refOf(at), size * QUANTUM, evictor)
    } else if (heap.isUsed(at, this.chunk)) {
      const ref = heap.chunkRef(at, number, this.chunk++)
      this.move(ref, heap.classes.shapes[number].size, evictor)
    } else {
      this.chunk++
    }
  }

  /** Moves an item, or evicts it where there is no room to be made; for now it may be held. */
  private move (ref: Ref, bytes: number, evictor: Evictor): void {
    if (evictor.stateOf(ref) === ChunkState.FREE) return
    const room = bytes <= MOST_COPIED ? this.find(ref, bytes, evictor) : 0
    const rescue = evictor.rescue(ref, room)
    if (rescue === Rescue.MOVED) return
    if (room !== 0) {
      evictor.lock()
      this.heap.free(room)
      evictor.unlock()
    }
    if (rescue === Rescue.NO_ROOM) evictor.evictItem(ref)
  }

  /** A chunk for an item to move to. For one that can't move now, nothing is evicted. */
  private find (ref: Ref, bytes: number, evictor: Evictor): Ref {
    let room = this.take(bytes, evictor)
    if (room !== 0 || !evictor.evictions) return room
    if (evictor.rescue(ref, 0) !== Rescue.NO_ROOM) return 0
    for (let i = 0; i < MOST_EVICTED && room === 0; i++) {
      if (!evictor.evictFrom(0)) return 0
      room = this.take(bytes, evictor)
    }
    return room
  }

  /** A chunk of the class of so many bytes, and no other. */
  private take (bytes: number, evictor: Evictor): Ref {
    evictor.lock()
    this.heap.mayWiden = false
    const room = this.heap.allocate(bytes)
    evictor.unlock()
    return room
  }

  /** All of the page was looked at: gives it up if nothing is left in it. */
  private endPass (evictor: Evictor): boolean {
    const { shared, heap } = this
    const { extents } = heap
    const { limit } = extents
    if (extents.isLeaving(shared[LEAVING])) return false
    for (let at = limit; at < this.end; at++) if (extents.isLeaving(at)) return false
    const discarded = this.giveBack(limit)
    evictor.lock()
    for (let at = limit; discarded && at < this.end; at += QUANTA_PER_BLOCK) {
      const block = at / QUANTA_PER_BLOCK
      if (this.residency.isIdle(block, 0)) this.residency.discard(block)
    }
    const kept = shared[LEAVING]
    if (kept < limit && extents.isClosed(kept)) extents.give(kept)
    shared[END] = limit
    evictor.unlock()
    this.pause = PAUSE
    return true
  }

  /** Gives the page back to the operating system, if any of it was used. Nobody uses it now. */
  private giveBack (start: number): boolean {
    const { discard, memory } = this
    if (discard === null || !this.isCommitted(start)) return false
    const ref = this.heap.refOf(start)
    const at = (ref & memory.granuleMask) << memory.wordShift
    try {
      discard(memory.words[ref >>> memory.segmentShift], at << 2, PAGE_SIZE)
    } catch {
      // The memory stays with the process, as it does where there is no addon.
      this.discard = null
      return false
    }
    return true
  }

  private isCommitted (start: number): boolean {
    for (let at = start; at < this.end; at += QUANTA_PER_BLOCK) {
      if (this.residency.isIdle(at / QUANTA_PER_BLOCK, 0)) return true
    }
    return false
  }
}
