import { ChunkState, type Evictor } from '@memplug/arena'
import type { Closing } from './closing.js'
import { Closed, Page } from './page.js'
import type { PageTable } from './page-table.js'
import type { Spans } from './spans.js'

const { CLOSED, BITS } = Page

/**
 * Makes room for a span where evicting in the order of use frees chunks here and there: chooses
 * neighbours on a page on which nothing is held, closes the page, and evicts what is in them. It
 * begins with the page of what was evicted last, whose neighbours are likely to be old too.
 */
export class Clearing {
  /** Another thread was seen to be emptying a page. */
  metRival = false
  private readonly pages: PageTable
  private readonly records: Int32Array
  private readonly closing: Closing
  private readonly spans: Spans
  /** The page that was looked at last: the search goes round. */
  private hand = 0
  /** The chunks that were chosen. */
  private from = 0
  private to = 0
  /** Where the last things that were looked at end, and how many chunks in use were before that. */
  private readonly ends: Int32Array
  private readonly used: Int32Array

  constructor (pages: PageTable, closing: Closing, spans: Spans) {
    this.pages = pages
    this.records = pages.records
    this.closing = closing
    this.spans = spans
    this.ends = new Int32Array(spans.perPage + 1)
    this.used = new Int32Array(spans.perPage + 1)
  }

  /**
   * Clears so many chunks, and keeps them for what this thread allocates next. Holds no lock. False
   * if there are nowhere so many neighbours that nobody holds.
   */
  clear (length: number, evictor: Evictor): boolean {
    const { count } = this.pages
    this.metRival = false
    const { freedOn } = this.spans
    if (freedOn !== 0 && this.clearOn(freedOn, length, evictor)) return true
    for (let i = 0; i < count; i++) {
      this.hand = this.hand < count ? this.hand + 1 : 1
      if (this.clearOn(this.hand, length, evictor)) return true
    }
    return false
  }

  private clearOn (page: number, length: number, evictor: Evictor): boolean {
    if (!this.isOurs(page)) return false
    if (this.records[(page << BITS) + CLOSED] !== Closed.OPEN) {
      this.metRival = true
      return false
    }
    if (!this.choose(page, length, evictor)) return false
    const { spans } = this
    evictor.lock()
    const isClosed = this.isOurs(page) && this.closing.close(page)
    evictor.unlock()
    if (!isClosed) return false
    // From here on nothing begins there that was not there.
    for (let at = spans.starts.next(page, this.from); at < this.to;) {
      evictor.evictItem(spans.refAt(page, at))
      at = spans.starts.next(page, at + 1)
    }
    evictor.lock()
    const isKept = spans.keep(page, length)
    this.closing.reopen(page)
    evictor.unlock()
    return isKept
  }

  private isOurs (page: number): boolean {
    return this.pages.classOf(page) === this.spans.sizeClass
  }

  /** Chooses so many chunks or more, of as few in use as there are, by a glance. */
  private choose (page: number, length: number, evictor: Evictor): boolean {
    const { spans, ends, used } = this
    let least = Infinity
    // What may be chosen are the things from `first` on, as their ends tell; `last` is the latest.
    let first = 0
    let last = 0
    ends[0] = used[0] = 0
    for (let at = 0; at < spans.perPage;) {
      const isFree = spans.free.has(page, at)
      const end = isFree ? spans.free.nextClear(page, at) : spans.endOf(page, at)
      const isBarred = !isFree && !this.isEvictable(page, at, evictor)
      last++
      ends[last] = end
      used[last] = used[last - 1] + (isFree ? 0 : end - at)
      at = end
      if (isBarred) first = last
      while (end - ends[first + 1] >= length && first + 1 < last) first++
      const price = used[last] - used[first]
      if (end - ends[first] < length || price >= least) continue
      least = price
      this.from = ends[first]
      this.to = end
    }
    return least < Infinity
  }

  private isEvictable (page: number, index: number, evictor: Evictor): boolean {
    return this.spans.starts.has(page, index) &&
      evictor.stateOf(this.spans.refAt(page, index)) === ChunkState.EVICTABLE
  }
}
