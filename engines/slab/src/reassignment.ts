import {
  loadMemoryAddon, PAGE_SIZE, type Discard, type Evictor, type Memory
} from '@memplug/arena'
import type { SlabAllocator } from './allocator.js'
import { Automover, type Decision } from './automover.js'
import type { Closing } from './closing.js'
import { Mover } from './mover.js'
import type { Moves } from './moves.js'

/** Pages that a class must have more than, to be asked for one. */
const LEAST_PAGES = 2
const SECOND = 1000
/** Milliseconds until it is next to be called: while there is nothing, while there is. */
const REST = 100
const AT_ONCE = 1
/** What no number of a class is. */
const ANY = -1

/** What a wish to move a page came to, in memcached's words. */
export const Asked = {
  OK: 'OK',
  RUNNING: 'BUSY currently processing reassign request',
  BAD_CLASS: 'BADCLASS invalid src or dst class id',
  NO_SPARE: 'NOSPARE source class has no spare pages',
  SAME: 'SAME src and dst class are identical'
} as const

/**
 * Moves pages between classes: takes the wishes of operators and of the automover, one at a
 * time, from any thread; on thread 0 it lets the mover work, and the automover decide. Classes
 * have memcached's numbers here: from 1, and 0 is the pool.
 */
export class Reassignment {
  private readonly allocator: SlabAllocator
  private readonly memory: Memory
  private readonly moves: Moves
  private readonly mover: Mover
  private readonly automover: Automover
  /** Where there is the addon for it. */
  private readonly discard: Discard | undefined
  private decided = 0
  /** The class that was last picked for one that takes a page of any. */
  private picked = 0

  constructor (
    allocator: SlabAllocator, memory: Memory, closing: Closing, moves: Moves
  ) {
    this.allocator = allocator
    this.memory = memory
    this.moves = moves
    this.discard = loadMemoryAddon()?.discard
    const { pages, classes, tuning } = allocator
    this.mover = new Mover(pages, closing, moves, classes - 1, allocator)
    this.automover = new Automover(tuning, classes, i => {
      const stats = allocator.describe(i)
      return {
        pages: stats?.totalPages ?? 0,
        freeChunks: allocator.countUsable(i),
        perPage: stats?.chunksPerPage ?? 0
      }
    })
  }

  /**
   * Asks for a page of one class, or of any, for another. It glances, without a lock.
   * @param mayEvict as memcached's operators do, but not its automover
   */
  ask (source: number, destination: number, mayEvict: boolean): string {
    if (this.moves.running) return Asked.RUNNING
    if (source === destination) return Asked.SAME
    const from = source === ANY ? this.pick(destination) : source
    if (!this.isClass(from) || !this.isClass(destination)) return Asked.BAD_CLASS
    let giving = from
    if (this.countPages(from) < LEAST_PAGES) {
      // The empty pages of a class are in the pool already, and are to be had from there.
      if (this.countPages(from) === 0 || this.countPages(0) === 0) return Asked.NO_SPARE
      if (destination === 0 || from === 0) return Asked.NO_SPARE
      giving = 0
    }
    return this.moves.ask(giving, destination, mayEvict) ? Asked.OK : Asked.RUNNING
  }

  /** On thread 0. Tells after how many milliseconds it wants to be called again. */
  run (evictor: Evictor): number {
    if (this.moves.running) return this.mover.run(evictor)
    if (this.discardOne(evictor)) return AT_ONCE
    const now = performance.now()
    const { tuning } = this.allocator
    if (tuning.automove === 0 || !tuning.reassign || now - this.decided < SECOND) return REST
    const decision = this.repay() ?? (tuning.automove === 1 ? this.automover.decide(evictor) : null)
    // What goes to the pool may be followed by more at once.
    if (decision?.destination !== 0) this.decided = now
    if (decision === null) return REST
    const { source, destination } = decision
    if (this.ask(source, destination, false) === Asked.OK) {
      this.allocator.tellEvent(`type=slab_move src=${source} dst=${destination} state=start`)
    }
    return AT_ONCE
  }

  /** Takes another limit in bytes; false beyond what was reserved. */
  limitTo (bytes: number, evictor: Evictor): boolean {
    const limit = Math.floor(bytes / PAGE_SIZE)
    const { pages, classes } = this.allocator
    // Each class may have a page beyond the limit.
    if (limit < 1 || limit > this.memory.pages - classes) return false
    evictor.lock()
    pages.limit = limit
    evictor.unlock()
    return true
  }

  /** Gives the memory of a page back to the system that counts no longer as taken. */
  private discardOne (evictor: Evictor): boolean {
    if (this.discard === undefined) return false
    const { pages } = this.allocator
    evictor.lock()
    const page = pages.takeGivenUp()
    evictor.unlock()
    if (page === 0) return false
    const { memory } = this
    const ref = memory.refAt(page, 0)
    const at = (ref & memory.granuleMask) << memory.wordShift
    this.discard(memory.words[ref >>> memory.segmentShift], at << 2, PAGE_SIZE)
    evictor.lock()
    pages.putAway(page)
    evictor.unlock()
    return true
  }

  /** Beyond the limit, the class with the most pages gives one. */
  private repay (): Decision | null {
    const { pages, classes } = this.allocator
    if (pages.malloced <= pages.limit) return null
    let source = 1
    for (let i = 2; i <= classes; i++) {
      if (this.countPages(i) > this.countPages(source)) source = i
    }
    return this.countPages(source) < LEAST_PAGES ? null : { source, destination: 0 }
  }

  private pick (destination: number): number {
    const { classes } = this.allocator
    for (let tries = 0; tries < classes; tries++) {
      this.picked = this.picked % classes + 1
      if (this.picked !== destination && this.countPages(this.picked) > 1) return this.picked
    }
    return ANY
  }

  private isClass (number: number): boolean {
    return number >= 0 && number <= this.allocator.classes
  }

  private countPages (number: number): number {
    const { pages } = this.allocator
    return number === 0 ? pages.pool : pages.pagesIn(number - 1)
  }
}
