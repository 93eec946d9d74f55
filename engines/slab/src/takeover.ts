import { ChunkState, PAGE_SIZE, type Evictor } from '@memplug/arena'
import { Clearing } from './clearing.js'
import type { Closing } from './closing.js'
import { Move, type Moves } from './moves.js'
import { Closed, Page } from './page.js'
import { startsSegment, type PageTable } from './page-table.js'
import type { Spans } from './spans.js'

const { CLASS, STARTED, CLOSED, BITS } = Page
const { OPEN, CLOSING } = Closed
const ANY = -1
const MOST_TRIES = 50

/**
 * Takes pages from other classes for one that has nothing of its own to evict. A page is closed,
 * so that nothing new comes to it, and everything on it is evicted. If something turns out to be
 * held, the page is opened again and another is tried.
 */
export class Takeover {
  private readonly pages: PageTable
  private readonly records: Int32Array
  private readonly closing: Closing
  private readonly moves: Moves
  private readonly spans: Spans | undefined
  /** Where there are spans. */
  readonly clearing: Clearing | undefined
  /** The class of whole pages. */
  private readonly large: number
  /** The page that was looked at last: the search goes round. */
  private hand = 0
  /** Pages taken for the large chunk that this thread allocates next. */
  private ready = 0
  private readyLength = 0
  /** Another thread was seen to be emptying a page. */
  private metRival = false
  private readonly pause = new Int32Array(new SharedArrayBuffer(4))

  constructor (
    pages: PageTable, large: number, closing: Closing, moves: Moves, spans: Spans | undefined
  ) {
    this.pages = pages
    this.records = pages.records
    this.closing = closing
    this.moves = moves
    this.large = large
    this.spans = spans
    this.clearing = spans && new Clearing(pages, closing, spans)
  }

  /** The first of so many pages that from() took; 0 if it took none, or another number. */
  claimReady (length: number): number {
    if (this.readyLength !== length) return 0
    this.readyLength = 0
    return this.ready
  }

  /** Empties pages as from() does, of whatever class, that with most pages first. */
  fromAny (sizeClass: number, bytes: number, evictor: Evictor): boolean {
    const length = Math.ceil(bytes / PAGE_SIZE)
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      // By now another thread may have freed something.
      const { pages } = this
      if (length === 1 && (pages.freePages > 0 || pages.withRoom(sizeClass) > 0)) return true
      this.metRival = false
      if (this.fromSome(sizeClass, bytes, evictor)) return true
      if (!this.metRival) return false
      // Another thread is emptying pages: what it does not keep is there in a moment.
      Atomics.wait(this.pause, 0, 0, 1)
    }
    return false
  }

  private fromSome (sizeClass: number, bytes: number, evictor: Evictor): boolean {
    if (sizeClass === this.large) return this.from(ANY, sizeClass, bytes, evictor)
    if (sizeClass === this.spans?.sizeClass && this.fromSpans(bytes, evictor)) return true
    const classes = this.large + 1
    let first = 0
    for (let i = 1; i < classes; i++) {
      if (this.pages.pagesIn(i) > this.pages.pagesIn(first)) first = i
    }
    for (let i = 0; i < classes; i++) {
      const donor = (first + i) % classes
      if (donor === sizeClass || this.pages.pagesIn(donor) === 0) continue
      if (this.from(donor, sizeClass, bytes, evictor)) return true
    }
    return false
  }

  /** Clears so many bytes among the spans that there are. */
  private fromSpans (bytes: number, evictor: Evictor): boolean {
    const length = this.spans!.lengthFor(bytes)
    if (this.spans!.hasRoom(length) || this.clearing!.clear(length, evictor)) return true
    this.metRival = this.clearing!.metRival
    return false
  }

  /**
   * Empties a page of a class for another class, or neighbours for a large chunk. Holds no
   * lock. False if on every page something is held.
   */
  from (donor: number, sizeClass: number, bytes: number, evictor: Evictor): boolean {
    const length = Math.ceil(bytes / PAGE_SIZE)
    const first = this.takeRun(length, donor, evictor)
    if (first === 0) return false
    evictor.lock()
    if (sizeClass === this.large) {
      this.ready = first
      this.readyLength = length
    } else {
      this.closing.admit(first, sizeClass)
      const { spans } = this
      if (sizeClass === spans?.sizeClass) spans.reserve(spans.lengthFor(bytes))
    }
    this.moves.add(Move.MOVED, 1)
    evictor.unlock()
    return true
  }

  /** Empties the first run of neighbours that nobody holds anything on; of one class, or any. */
  private takeRun (length: number, donor: number, evictor: Evictor): number {
    const { count } = this.pages
    let run = 0
    for (let i = 0; i < count + length; i++) {
      this.hand = this.hand < count ? this.hand + 1 : 1
      if (this.hand === 1 || startsSegment(this.hand)) run = 0
      run = this.isFit(this.hand, length, donor, evictor) ? run + 1 : 0
      if (run < length) continue
      const first = this.hand - length + 1
      if (this.empty(first, length, evictor)) return first
      run = 0
    }
    return 0
  }

  /** By a glance without a lock: whether nothing on the page is held. */
  private isFit (page: number, length: number, donor: number, evictor: Evictor): boolean {
    if (this.records[(page << BITS) + CLOSED] !== OPEN) {
      this.metRival = true
      return false
    }
    const owner = this.closing.ownerOf(page)
    const base = owner << BITS
    const sizeClass = this.records[base + CLASS] - 1
    if (donor !== ANY && sizeClass !== donor) return false
    if (sizeClass < 0) return this.pages.isAllowed(page, length)
    if (sizeClass > this.large) return false
    for (let i = 0; i < this.records[base + STARTED]; i++) {
      const ref = this.closing.chunkAt(owner, sizeClass, i)
      if (ref !== 0 && evictor.stateOf(ref) === ChunkState.HELD) return false
    }
    return true
  }

  /** True if the pages are now empty, closed, and this thread's. */
  private empty (first: number, length: number, evictor: Evictor): boolean {
    evictor.lock()
    let closed = 0
    while (closed < length && this.closing.close(first + closed)) closed++
    evictor.unlock()
    if (closed === length) {
      for (let i = 0; i < length; i++) this.evictAll(first + i, evictor)
    }
    evictor.lock()
    let emptied = 0
    for (let i = 0; i < closed; i++) if (this.closing.settle(first + i)) emptied++
    if (emptied < length) {
      for (let i = 0; i < closed; i++) this.closing.reopen(first + i)
      this.moves.add(Move.BUSY_ITEMS, 1)
    }
    evictor.unlock()
    return emptied === length
  }

  private evictAll (page: number, evictor: Evictor): void {
    if (this.records[(page << BITS) + CLOSED] !== CLOSING) return
    // Nothing is given out meanwhile, so neither the class nor the number of chunks changes.
    const owner = this.closing.ownerOf(page)
    const sizeClass = this.pages.classOf(owner)
    const chunks = this.records[(owner << BITS) + STARTED]
    for (let i = 0; i < chunks; i++) {
      const ref = this.closing.chunkAt(owner, sizeClass, i)
      if (ref !== 0) evictor.evictItem(ref)
    }
  }
}
