import type { Memory, Ref } from '@memplug/arena'
import type { Classes } from './classes.js'
import { Closed, Page, REST } from './page.js'
import type { PageTable } from './page-table.js'
import type { Spans } from './spans.js'

const { CLASS, USED, CLOSED, BITS } = Page
const { OPEN, CLOSING, EMPTIED } = Closed
const NONE = -1

/**
 * Closes pages, so that nothing new comes to them while one thread empties them. Functions are
 * called under the allocator's lock, but for those that say otherwise.
 */
export class Closing {
  private readonly pages: PageTable
  private readonly records: Int32Array
  private readonly sizes: Classes
  /** The class of whole pages. */
  private readonly large: number
  private readonly memory: Memory
  private readonly spans: Spans | undefined
  /** The class of spans; no number of a class where there are none. */
  private readonly spanClass: number

  constructor (pages: PageTable, memory: Memory, sizes: Classes, spans: Spans | undefined) {
    this.pages = pages
    this.records = pages.records
    this.memory = memory
    this.sizes = sizes
    this.large = sizes.count
    this.spans = spans
    this.spanClass = spans?.sizeClass ?? NONE
  }

  /** Lets nothing new come to a page. False if another thread closed it. */
  close (page: number): boolean {
    const base = page << BITS
    if (this.records[base + CLOSED] !== OPEN) return false
    if (this.pages.isFree(page)) {
      this.pages.claim(page)
      this.records[base + CLOSED] = EMPTIED
      return true
    }
    this.records[base + CLOSED] = CLOSING
    if (this.pages.classOf(page) === this.spanClass) this.spans!.unlist(page)
    else if (this.hasRoom(page)) this.pages.unlist(page, this.pages.classOf(page))
    return true
  }

  /** Whether a closed page is empty; then it is taken from its class. */
  settle (page: number): boolean {
    const base = page << BITS
    if (this.records[base + CLOSED] === EMPTIED) return true
    if (this.records[base + CLASS] > this.large || this.records[base + USED] > 0) return false
    this.pages.detach(page, this.pages.classOf(page))
    this.records[base + CLOSED] = EMPTIED
    return true
  }

  reopen (page: number): void {
    const base = page << BITS
    if (this.records[base + CLOSED] === EMPTIED) {
      this.pages.release(page)
      return
    }
    this.records[base + CLOSED] = OPEN
    if (this.pages.classOf(page) === this.spanClass) {
      this.spans!.measure(page)
      this.spans!.list(page)
    } else if (this.hasRoom(page)) {
      this.pages.list(page, this.pages.classOf(page))
    }
  }

  /** Gives a page that was taken to a class that shares pages. */
  admit (page: number, sizeClass: number): void {
    if (sizeClass === this.spanClass) {
      this.spans!.open(page)
      this.spans!.list(page)
    } else {
      this.pages.open(page, sizeClass)
      this.pages.list(page, sizeClass)
    }
  }

  /** The page itself, or the first of the large chunk it is part of. By a glance. */
  ownerOf (page: number): number {
    let owner = page
    while (this.records[owner << BITS] === REST && owner > 1) owner--
    return owner
  }

  /**
   * One of the chunks of a page that were ever given out since it came to its class, by their
   * number; 0 if no item begins there. By a glance.
   */
  chunkAt (page: number, sizeClass: number, index: number): Ref {
    if (sizeClass === this.large) return this.memory.refAt(page, 0)
    if (sizeClass === this.spanClass && !this.spans!.starts.has(page, index)) return 0
    return this.memory.refAt(page, index * this.sizes.sizes[sizeClass])
  }

  /** Whether a page shared by chunks has free ones. */
  private hasRoom (page: number): boolean {
    const sizeClass = this.pages.classOf(page)
    return sizeClass < this.large &&
      this.records[(page << BITS) + USED] < this.sizes.perPage[sizeClass]
  }
}
