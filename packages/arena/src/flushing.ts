import { Status, type Answer } from '@memplug/engine'
import type { Arena } from './arena.js'
import { Word } from './header.js'
import { Control } from './shared.js'

const { CHAIN } = Word
const { CLEAN, SWEPT, SWEEP } = Control
const GENERATION_MASK = 0xff
/** Flushes after which items of the first of them may be left, at most. */
const MOST = 250
/** From so many on thread 0 looks for such items. */
const MANY = 16
/** Milliseconds of a look, and between two, while there is something to look for. */
const SLICE = 0.3
const AT_ONCE = 1
const REST = 100
/** Empty buckets between two looks at the clock, and how many of them take as long as another. */
const CLOCK_BIT = 256
const FULL = 16

/**
 * Flushes by a number of 8 bits that items bear: one with another number than the last flush's is
 * gone. Before a number is used again no item may be left that bears it. So thread 0 sweeps the
 * table, a few buckets at a time; where flushes follow one another too fast for it, they wait.
 */
export class Flushing {
  private readonly arena: Arena
  private isStopped = false

  constructor (arena: Arena) {
    this.arena = arena
  }

  /** Everything linked until now is gone. */
  flush (): Answer {
    return this.tryFlush() ? Status.SUCCESS : this.flushLater()
  }

  /** Those that wait do so no longer: thread 0 does nothing any more. */
  stop (): void {
    this.isStopped = true
  }

  private async flushLater (): Promise<Status> {
    while (!this.isStopped) {
      await new Promise(resolve => setTimeout(resolve, AT_ONCE))
      if (this.tryFlush()) return Status.SUCCESS
    }
    return Status.TEMPORARY_FAILURE
  }

  private tryFlush (): boolean {
    const { arena } = this
    arena.locks.lockFlush()
    if (this.outstanding >= MOST) {
      arena.locks.unlockFlush()
      return false
    }
    arena.generation = (arena.generation + 1) & GENERATION_MASK
    for (let list = 0; list < arena.lists.count; list++) {
      arena.locks.lockList(list)
      arena.lists.expectAll(list)
      arena.locks.unlockList(list)
    }
    arena.locks.unlockFlush()
    return true
  }

  /** On thread 0; answers after how many milliseconds again, at the latest. */
  run (): number {
    if (this.outstanding < MANY) return REST
    this.sweep()
    return AT_ONCE
  }

  /** Flushes since that of which, and of all before, no item is left. */
  private get outstanding (): number {
    const { arena } = this
    return (arena.generation - arena.control[CLEAN]) & GENERATION_MASK
  }

  /** Goes on with a walk over the table, for a slice. */
  private sweep (): void {
    const { arena, arena: { control, table } } = this
    let bucket = control[SWEPT]
    if (bucket === 0) {
      control[SWEEP] = arena.generation
      // What is being linked just now may bear an older number.
      arena.locks.awaitBuckets()
    }
    // A bucket that is split meanwhile gives its items to one that comes later.
    const end = performance.now() + SLICE
    for (let looks = 1; bucket < table.used; bucket++) {
      if (table.firstOf(bucket) !== 0) {
        this.clean(bucket)
        looks += FULL
      }
      if ((looks++ & CLOCK_BIT) === 0) continue
      if (performance.now() >= end) break
      looks = 0
    }
    if (bucket >= table.used) {
      Atomics.store(control, CLEAN, control[SWEEP])
      bucket = 0
    }
    control[SWEPT] = bucket
  }

  private clean (bucket: number): void {
    const { arena } = this
    arena.locks.lockBucket(bucket)
    let ref = arena.table.firstOf(bucket)
    while (ref !== 0) {
      const words = arena.wordsOf(ref)
      const at = arena.indexOf(ref)
      const next = words[at + CHAIN]
      if (arena.isFlushed(words, at)) {
        arena.unlink(ref)
        arena.drop(ref)
      }
      ref = next
    }
    arena.locks.unlockBucket(bucket)
  }
}
