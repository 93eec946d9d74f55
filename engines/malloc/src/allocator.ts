import {
  PAGE_SIZE, type Allocator, type ClassStats, type Evictor, type Memory, type Ref
} from '@memplug/arena'
import type { AddStat } from '@memplug/engine'
import { LARGEST_SMALL, QUANTUM } from './classes.js'
import type { Decay } from './decay.js'
import { TAG_BITS } from './extents.js'
import { Heap, type SharedHeap } from './heap.js'
import { MemoryLimit } from './limit.js'
import { BLOCK_BITS } from './residency.js'
import { Window } from './window.js'

/**
 * Items evicted in LRU order before a window is cleared: for a small chunk, for a large one.
 * With fewer, more windows are cleared, which costs hits: what lives in them is not all old.
 */
const FEW = 64
const FEWER = 16
/** Windows near such victims that are tried for a large chunk, before all of the memory is. */
const MOST_WINDOWS = 16
/** Other threads may be quicker than this one, but not so many times. */
const MOST_SCANS = 8

/** What the allocators of all threads share. */
export interface SharedMalloc {
  readonly heap: SharedHeap
  readonly limit: SharedArrayBuffer
}

/** A general allocator, and an eviction policy of one LRU list over all sizes. */
export class MallocAllocator implements Allocator {
  readonly heap: Heap
  readonly classes: number
  readonly listPerClass = false
  readonly largest: number
  /** Set on the thread that gives idle memory back. */
  decay: Decay | undefined
  readonly limit: MemoryLimit
  private readonly window: Window
  private place = 0

  /** For so many pages of a Memory, of which `bytes` may be used at first. */
  static reserve (pages: number, bytes = pages * PAGE_SIZE): SharedMalloc {
    const usable = Math.max(1, Math.min(pages, Math.floor(bytes / PAGE_SIZE)))
    return { heap: Heap.reserve(pages, usable), limit: MemoryLimit.reserve(usable, bytes) }
  }

  constructor (shared: SharedMalloc, memory: Memory) {
    this.heap = new Heap(shared.heap, memory)
    this.limit = new MemoryLimit(shared.limit, this.heap, memory)
    this.classes = this.heap.classCount
    this.largest = this.heap.extents.largest * QUANTUM
    this.window = new Window(this.heap)
  }

  allocate (bytes: number): Ref {
    return this.heap.allocate(bytes)
  }

  free (ref: Ref): void {
    this.heap.free(ref)
  }

  classFor (bytes: number): number {
    return this.heap.classFor(bytes)
  }

  classOf (ref: Ref): number {
    return this.heap.classOf(ref)
  }

  makeRoom (bytes: number, evictor: Evictor): boolean {
    if (!evictor.evictions) return evictor.evictFrom(0)
    return bytes > LARGEST_SMALL
      ? this.makeLargeRoom(bytes, evictor)
      : this.makeSmallRoom(bytes, evictor)
  }

  maintain (evictor: Evictor): number {
    this.decay?.run(evictor)
    return this.limit.run(evictor)
  }

  resize (bytes: number, evictor: Evictor): boolean {
    return this.limit.set(bytes, evictor)
  }

  limitBytes (): number {
    return this.limit.bytes
  }

  addSettings (add: AddStat): void {
    add('maxbytes', this.limitBytes())
  }

  describe (number: number): ClassStats | null {
    return this.heap.describe(number)
  }

  totalBytes (): number {
    return this.heap.extents.used * QUANTUM
  }

  /** In bytes, but for `windows`: how often a place was cleared for one that found no room. */
  tellExtents (add: AddStat): void {
    const { allocated, extents } = this.heap
    const { residency } = extents
    const mapped = (this.limit.end - extents.first) * QUANTUM
    const resident = residency.committed * 2 ** BLOCK_BITS
    add('allocated', allocated)
    add('active', extents.used * QUANTUM)
    add('resident', resident)
    add('mapped', mapped)
    add('retained', mapped - resident)
    add('metadata', this.limit.end << TAG_BITS + 2)
    add('discarded', residency.discarded * 2 ** BLOCK_BITS)
    add('windows', extents.windows)
  }

  private makeSmallRoom (bytes: number, evictor: Evictor): boolean {
    const evicted = this.evictFew(FEW, bytes, evictor)
    const { heap, window } = this
    if (heap.hasRoom(bytes)) return true
    if (heap.hasWider(bytes)) {
      heap.mayWiden = true
      return true
    }
    if (evicted === FEW && window.grow(this.place, heap.quantaFor(bytes), evictor)) {
      window.clear(0, evictor)
    }
    return evicted > 0
  }

  private makeLargeRoom (bytes: number, evictor: Evictor): boolean {
    const { heap, window } = this
    const quanta = heap.quantaFor(bytes)
    for (let windows = 0; windows < MOST_WINDOWS; windows++) {
      const evicted = this.evictFew(FEWER, bytes, evictor)
      if (heap.hasRoom(bytes)) return true
      if (evicted === 0) break
      if (window.grow(this.place, quanta, evictor) && window.clear(quanta, evictor)) return true
    }
    for (let scans = 0; scans < MOST_SCANS && window.scan(quanta, evictor); scans++) {
      if (window.clear(quanta, evictor)) return true
    }
    return heap.hasRoom(bytes)
  }

  /**
   * Evicts in LRU order until there is room, at most so many items, and tells how many. Leaves
   * in `place` the extent of the victim around which the least is left to be evicted.
   */
  private evictFew (most: number, bytes: number, evictor: Evictor): number {
    const { heap } = this
    const quanta = heap.quantaFor(bytes)
    let least = Infinity
    let evicted = 0
    while (evicted < most && evictor.evictFrom(0)) {
      evicted++
      if (heap.hasRoom(bytes)) break
      const place = heap.freedAt
      const size = heap.extents.sizeOf(place)
      const left = heap.usageOf(place) * size + Math.max(quanta - size, 0)
      if (left >= least) continue
      least = left
      this.place = place
    }
    return evicted
  }
}
