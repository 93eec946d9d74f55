import { ChunkState, Rescue, type Evictor, type Ref } from '@memplug/arena'
import type { Closing } from './closing.js'
import { Busy, Move, type Moves } from './moves.js'
import { Page } from './page.js'
import type { PageTable } from './page-table.js'

const { STARTED, USED, BITS } = Page

/** Milliseconds that it works at a time, and that it then leaves to others. */
const SLICE = 0.5
const PAUSE = 1
/** The pause is doubled up to this while something on the page is busy. */
const LONGEST_PAUSE = 5
/** Items evicted, at most, for the room of one: memcached's number. */
const MOST_EVICTED = 10
/** Passes over a page after which items may be evicted for the room of those on it. */
const PATIENCE = 5000
/** Passes over a page after which it stays where it is. */
const MOST_PASSES = 20_000

/** Where there is room for what is moved: the allocator. */
export interface Rooms {
  allocateMany (sizeClass: number, chunks: number, mayOpen: boolean): Ref
  chunksOf (ref: Ref): number
  clear (chunks: number, evictor: Evictor): boolean
  free (ref: Ref): void
}

/**
 * Moves a page from its class to another, or to the pool: what is on it is copied to other
 * pages of the class. Something that is held, too, is copied for whoever comes next, and the
 * page waits until those that read the old copy are done. If the class is full, its oldest items
 * make room where the pool is empty, or whoever asks says that they may. On thread 0 alone, a
 * little at a time.
 */
export class Mover {
  private readonly pages: PageTable
  private readonly records: Int32Array
  private readonly closing: Closing
  private readonly moves: Moves
  private readonly large: number
  private readonly rooms: Rooms

  /** Whether this thread looked for a page that one before it had begun to empty. */
  private recovered = false
  private sizeClass = 0
  private index = 0
  private mayEvict = false
  private wasBusy = false
  private passes = 0
  private pause = PAUSE

  constructor (
    pages: PageTable, closing: Closing, moves: Moves, large: number, rooms: Rooms
  ) {
    this.pages = pages
    this.records = pages.records
    this.closing = closing
    this.moves = moves
    this.large = large
    this.rooms = rooms
  }

  /** Goes on with the move that is asked for. Milliseconds until it wants to be called again. */
  run (evictor: Evictor): number {
    if (!this.recovered) this.recover(evictor)
    if (this.moves.page === 0 && !this.start(evictor)) return PAUSE
    const end = performance.now() + SLICE
    do {
      if (this.isPassed()) return this.endPass(evictor)
      this.step(evictor)
    } while (performance.now() < end)
    return PAUSE
  }

  /** A page that was being emptied when the process, or the thread, ended stays where it is. */
  private recover (evictor: Evictor): void {
    const { moves } = this
    this.recovered = true
    if (moves.page === 0) return
    evictor.lock()
    this.closing.reopen(moves.page)
    if (moves.room !== 0) this.rooms.free(moves.room)
    evictor.unlock()
    moves.end()
  }

  private start (evictor: Evictor): boolean {
    const { moves, pages } = this
    if (!moves.running) return false
    evictor.lock()
    const page = moves.source === 0 ? pages.takePooled() : pages.oldestOf(moves.source - 1)
    if (page !== 0 && moves.source === 0) this.give(page)
    const closed = page !== 0 && moves.source !== 0 && this.closing.close(page)
    this.mayEvict = moves.mayEvict || pages.freePages === 0
    evictor.unlock()
    if (!closed) {
      moves.end()
      return false
    }
    moves.page = page
    this.sizeClass = moves.source - 1
    this.index = 0
    this.passes = 0
    this.wasBusy = false
    this.pause = PAUSE
    return true
  }

  private isPassed (): boolean {
    return this.index >= this.records[(this.moves.page << BITS) + STARTED]
  }

  private step (evictor: Evictor): void {
    const ref = this.closing.chunkAt(this.moves.page, this.sizeClass, this.index++)
    if (ref === 0) return
    const state = evictor.stateOf(ref)
    if (state === ChunkState.FREE) return
    // Where an item takes whole pages, there is seldom room to copy it to.
    if (this.sizeClass === this.large) {
      if (!evictor.evictItem(ref)) this.noteBusy(Busy.ACTIVE)
      return
    }
    const chunks = this.rooms.chunksOf(ref)
    this.prepare(chunks, evictor)
    this.note(evictor.rescue(ref, this.moves.room), state, chunks)
  }

  private note (rescue: Rescue, state: ChunkState, chunks: number): void {
    switch (rescue) {
      case Rescue.MOVED:
        this.moves.room = 0
        if (chunks === 1) this.moves.add(Move.RESCUES, 1)
        else this.moves.add(Move.CHUNK_RESCUES, chunks)
        // Whoever holds the old copy still does.
        if (state === ChunkState.HELD) this.noteBusy(Busy.ACTIVE)
        break
      case Rescue.NO_ROOM:
        this.moves.add(Move.BUSY_NOMEM, 1)
        this.noteBusy(Busy.FROM_LRU)
        break
      case Rescue.LOCKED: this.noteBusy(Busy.LOCKED); break
      case Rescue.UNLINKED: this.noteBusy(Busy.FLOATING); break
      case Rescue.GONE: this.moves.add(Move.INLINE_RECLAIM, 1)
    }
  }

  private noteBusy (reason: number): void {
    this.wasBusy = true
    this.moves.add(Move.BUSY_ITEMS, 1)
    this.moves.noteBusy(reason)
  }

  /** Finds a chunk for the next item, if there may be one. */
  private prepare (chunks: number, evictor: Evictor): void {
    const { moves } = this
    if (moves.room !== 0 && this.rooms.chunksOf(moves.room) !== chunks) this.giveBack(evictor)
    if (moves.room !== 0 || this.find(chunks, evictor, false)) return
    if (!this.mayEvict && this.passes > PATIENCE) {
      // A page that is still to be had may be filled by what is on this one.
      if (this.find(chunks, evictor, true)) return
      this.mayEvict = true
    }
    for (let i = 0; this.mayEvict && i < MOST_EVICTED; i++) {
      if (!evictor.evictFrom(this.sizeClass) || this.find(chunks, evictor, false)) return
    }
    // What is evicted here and there, or on this page, makes no room for several neighbours.
    if (chunks > 1 && this.mayEvict && this.rooms.clear(chunks, evictor)) {
      this.find(chunks, evictor, false)
    }
  }

  private find (chunks: number, evictor: Evictor, mayOpen: boolean): boolean {
    evictor.lock()
    this.moves.room = this.rooms.allocateMany(this.sizeClass, chunks, mayOpen)
    evictor.unlock()
    return this.moves.room !== 0
  }

  private giveBack (evictor: Evictor): void {
    evictor.lock()
    this.rooms.free(this.moves.room)
    evictor.unlock()
    this.moves.room = 0
  }

  /** Every chunk was looked at: ends the move, or begins again. */
  private endPass (evictor: Evictor): number {
    const { moves } = this
    const { page } = moves
    evictor.lock()
    const empty = this.records[(page << BITS) + USED] === 0
    const settled = (empty || this.sizeClass === this.large) && this.closing.settle(page)
    const ends = settled || this.passes >= MOST_PASSES
    if (settled) this.give(page)
    else if (ends) this.closing.reopen(page)
    if (ends && moves.room !== 0) this.rooms.free(moves.room)
    evictor.unlock()
    if (ends) {
      moves.end()
      return PAUSE
    }
    // Something is held that no pass saw: it is only being made.
    if (!this.wasBusy) this.noteBusy(Busy.FLOATING)
    this.index = 0
    this.passes++
    this.wasBusy = false
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE)
    return this.pause
  }

  /** Gives the page to whom it is meant for. Under the lock. */
  private give (page: number): void {
    const { moves, pages } = this
    const { destination } = moves
    if (destination === 0) {
      pages.release(page)
    } else if (destination - 1 === this.large) {
      // A large chunk takes its pages from the pool.
      pages.release(page)
    } else {
      this.closing.admit(page, destination - 1)
    }
    moves.add(Move.MOVED, 1)
  }
}
