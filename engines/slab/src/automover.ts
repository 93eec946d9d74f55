import type { Evictor } from '@memplug/arena'
import type { Tuning } from './tuning.js'

/** Pages that a class has more of, if it is to give one. */
const LEAST_PAGES = 2
/** Pages' worth of free chunks from which on one goes to the pool. */
const FREE_PAGES = 2.5
/** The share of a window's evictions that marks a class as one in need. */
const LARGE_SHARE = 0.25

/** What the automover knows of a class. */
export interface ClassState {
  readonly pages: number
  readonly freeChunks: number
  readonly perPage: number
}

/** A second of a class. */
interface Moment {
  age: number
  /** It evicted, was refused memory, or got a page. */
  dirty: number
  evicted: number
  /** The share it had in what was evicted. */
  share: number
}

interface Before {
  evicted: number
  refused: number
  pages: number
}

/** From which class to which a page had better go; numbered from 1, 0 is the pool. */
export interface Decision {
  readonly source: number
  readonly destination: number
}

/**
 * Decides, once a second, whether a page should move: from a class with free chunks to the
 * pool, or from the class whose items are the oldest to one that evicts, and evicts younger
 * ones. memcached's algorithm, with its window. On thread 0 alone.
 */
export class Automover {
  private readonly tuning: Tuning
  private readonly classes: number
  private readonly describe: (sizeClass: number) => ClassState
  private windows: Moment[][] = []
  private before: Before[] = []
  private size = 0
  private current = 0

  constructor (
    tuning: Tuning, classes: number, describe: (sizeClass: number) => ClassState
  ) {
    this.tuning = tuning
    this.classes = classes
    this.describe = describe
  }

  decide (evictor: Evictor): Decision | null {
    if (this.size !== this.tuning.window) this.begin(evictor)
    this.current++
    const now = Array.from({ length: this.classes }, (_, i) => this.glance(i, evictor))
    const evicted = now.reduce((sum, { evicted }, i) => sum + evicted - this.before[i].evicted, 0)
    let oldest = -1
    let oldestAge = 0
    let youngest = -1
    let youngestAge = Infinity
    let youngestEvicts = false
    for (let i = 0; i < this.classes; i++) {
      const moment = this.enter(i, now[i], evicted, evictor)
      const sum = this.sum(i)
      const state = this.describe(i)
      const age = sum.age / this.size
      if (state.freeChunks > state.perPage * FREE_PAGES && sum.dirty === 0) {
        this.before = now
        return { source: i + 1, destination: 0 }
      }
      if (age > oldestAge && state.pages > LEAST_PAGES) {
        oldest = i
        oldestAge = age
      }
      const inNeed = sum.evicted > this.size / 2 || sum.share / this.size > LARGE_SHARE
      if (age < youngestAge && inNeed) {
        youngest = i
        youngestAge = age
        youngestEvicts = moment.evicted > 0
      }
    }
    this.before = now
    const filled = this.current > this.size
    const apart = youngestAge < oldestAge * this.tuning.ratio
    return filled && youngest >= 0 && oldest >= 0 && apart && youngestEvicts
      ? { source: oldest + 1, destination: youngest + 1 } : null
  }

  private begin (evictor: Evictor): void {
    this.size = this.tuning.window
    this.current = 0
    this.windows = Array.from({ length: this.classes }, () => Array.from(
      { length: this.size }, () => ({ age: 0, dirty: 0, evicted: 0, share: 0 })))
    this.before = Array.from({ length: this.classes }, (_, i) => this.glance(i, evictor))
  }

  private glance (sizeClass: number, evictor: Evictor): Before {
    return {
      evicted: evictor.countEvicted(sizeClass),
      refused: evictor.countRefused(sizeClass),
      pages: this.describe(sizeClass).pages
    }
  }

  /** Writes down how a class fared since the last time. */
  private enter (
    sizeClass: number, now: Before, evictedInAll: number, evictor: Evictor
  ): Moment {
    const before = this.before[sizeClass]
    const moment = this.windows[sizeClass][this.current % this.size]
    const evicted = now.evicted - before.evicted
    moment.evicted = evicted > 0 ? 1 : 0
    moment.share = evicted > 0 ? evicted / evictedInAll : 0
    moment.dirty = evicted > 0 || now.refused > before.refused || now.pages > before.pages ? 1 : 0
    moment.age = now.pages === 0 ? 0 : evictor.ageOf(sizeClass)
    return moment
  }

  private sum (sizeClass: number): Moment {
    const sum = { age: 0, dirty: 0, evicted: 0, share: 0 }
    for (const moment of this.windows[sizeClass]) {
      sum.age += moment.age
      sum.dirty += moment.dirty
      sum.evicted += moment.evicted
      sum.share += moment.share
    }
    return sum
  }
}
