import { ChunkState, type Evictor } from '@memplug/arena'
import { State } from './extents.js'
import type { Heap } from './heap.js'

/** An extent with more in use than so many times the room that is wanted is spared. */
const MOST_USE = 4

/**
 * Makes room for more than what eviction in LRU order frees here and there: chooses a window of
 * neighbouring extents in which nothing is held, and evicts what lives in it. While the window
 * is open nobody else can take memory from it, so that it does become free.
 *
 * What it sees without the allocator lock are glances, which it looks at again under the lock.
 */
export class Window {
  private readonly heap: Heap
  private start = 0
  private end = 0

  constructor (heap: Heap) {
    this.heap = heap
  }

  /** Chooses a window of `size` quanta or more around an extent; false if none is near. */
  grow (around: number, size: number, evictor: Evictor): boolean {
    const { extents } = this.heap
    if (!extents.isStart(around) || !this.isEvictable(around, evictor)) return false
    this.start = around
    this.end = around + extents.sizeOf(around)
    let left = this.leftOf(evictor)
    let right = this.rightOf(evictor)
    for (;;) {
      const missing = size - (this.end - this.start)
      if (missing <= 0) return true
      const leftPrice = this.priceOf(left, size, missing)
      const rightPrice = this.priceOf(right, size, missing)
      if (leftPrice === Infinity && rightPrice === Infinity) return false
      if (rightPrice <= leftPrice) {
        this.end = right + extents.sizeOf(right)
        right = this.rightOf(evictor)
      } else {
        this.start = left
        left = this.leftOf(evictor)
      }
    }
  }

  /** Chooses the first window there is in all of the memory, at any price. */
  scan (size: number, evictor: Evictor): boolean {
    const { extents } = this.heap
    this.start = extents.first
    for (let at = this.start, next; at < extents.limit; at = next) {
      const isStart = extents.isStart(at)
      next = at + (isStart ? extents.sizeOf(at) : 1)
      if (!isStart || !this.isEvictable(at, evictor)) {
        this.start = next
        continue
      }
      this.end = next
      if (this.end - this.start >= size) return true
      if (extents.from(next) === 0) this.start = next
    }
    return false
  }

  /**
   * Evicts what is in the window that was chosen; false if it could not all be evicted. Of what
   * is free then, `kept` quanta are kept for this thread's next large chunk.
   */
  clear (kept: number, evictor: Evictor): boolean {
    const { extents } = this.heap
    extents.awaitWindow()
    evictor.lock()
    const isOpen = this.open()
    evictor.unlock()
    if (!isOpen) return false
    let at = this.start
    while (at < this.end && this.evictAll(at, evictor)) at += extents.sizeOf(at)
    evictor.lock()
    const isFree = this.finish(kept)
    evictor.unlock()
    return isFree
  }

  private leftOf (evictor: Evictor): number {
    const { extents } = this.heap
    const left = extents.before(this.start)
    return extents.isStart(left) && left + extents.sizeOf(left) === this.start &&
      this.isEvictable(left, evictor)
      ? left
      : 0
  }

  private rightOf (evictor: Evictor): number {
    const { extents } = this.heap
    const right = extents.from(this.end)
    return extents.isStart(right) && this.isEvictable(right, evictor) ? right : 0
  }

  /** Quanta evicted with an extent for each one that is missing. */
  private priceOf (start: number, size: number, missing: number): number {
    if (start === 0) return Infinity
    const gain = this.heap.extents.sizeOf(start)
    const used = this.heap.usageOf(start) * gain
    return used > MOST_USE * size ? Infinity : used / Math.min(gain, missing)
  }

  /** Whether nothing in an extent is held. */
  private isEvictable (start: number, evictor: Evictor): boolean {
    const { heap } = this
    const state = heap.extents.stateOf(start)
    if (state === State.FREE) return true
    if (heap.extents.isLeaving(start) || heap.extents.isClosed(start)) return false
    if (state === State.LARGE) return evictor.stateOf(heap.refOf(start)) === ChunkState.EVICTABLE
    // The class is read but once: a chunk of a run that was here lies within the memory.
    const number = heap.classAt(start)
    for (let i = 0; i < heap.classes.chunks[number]; i++) {
      if (!heap.isUsed(start, i)) continue
      if (evictor.stateOf(heap.chunkRef(start, number, i)) !== ChunkState.EVICTABLE) return false
    }
    return true
  }

  /** Evicts whatever lives in an extent of the open window; false if something could not be. */
  private evictAll (start: number, evictor: Evictor): boolean {
    const { heap } = this
    if (heap.extents.isClosed(start)) return true
    if (heap.extents.stateOf(start) === State.LARGE) {
      return evictor.evictItem(heap.refOf(start)) || heap.extents.isClosed(start)
    }
    const number = heap.classAt(start)
    for (let i = 0; i < heap.classes.chunks[number]; i++) {
      if (heap.extents.isClosed(start)) return true
      if (!heap.isUsed(start, i)) continue
      if (evictor.evictItem(heap.chunkRef(start, number, i))) continue
      // Perhaps its owner freed it just now, or freed the run's last chunk and so the run.
      if (!heap.extents.isClosed(start) && heap.isUsed(start, i)) return false
    }
    return true
  }

  /** Under the lock: false if the extents are not those that were seen. */
  private open (): boolean {
    const { extents } = this.heap
    if (extents.isWindowOpen) return false
    let at = this.start
    while (at < this.end && extents.isStart(at) && !extents.isClosed(at)) at += extents.sizeOf(at)
    if (at !== this.end || at > extents.limit) return false
    extents.open(this.start, this.end)
    for (at = this.start; at < this.end; at += extents.sizeOf(at)) {
      if (extents.stateOf(at) === State.RUN) this.heap.closeRun(at)
    }
    return true
  }

  private finish (kept: number): boolean {
    const { extents } = this.heap
    let isFree = true
    for (let at = this.start; at < this.end; at += extents.sizeOf(at)) {
      if (extents.isClosed(at)) continue
      isFree = false
      if (extents.stateOf(at) === State.RUN) this.heap.reopenRun(at)
    }
    if (isFree && kept > 0) this.heap.kept = extents.keep(kept)
    else extents.close()
    return isFree
  }
}
