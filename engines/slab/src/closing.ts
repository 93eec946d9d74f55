import type { Classes } from './classes.js'
import { Closed, Page, REST, type PageTable } from './page-table.js'

const { CLASS, USED, CLOSED, BITS } = Page
const { OPEN, CLOSING, EMPTIED } = Closed

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

  constructor (pages: PageTable, sizes: Classes) {
    this.pages = pages
    this.records = pages.records
    this.sizes = sizes
    this.large = sizes.count
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
    if (this.hasRoom(page)) this.pages.unlist(page, this.pages.classOf(page))
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
    if (this.hasRoom(page)) this.pages.list(page, this.pages.classOf(page))
  }

  /** The page itself, or the first of the large chunk it is part of. By a glance. */
  ownerOf (page: number): number {
    let owner = page
    while (this.records[owner << BITS] === REST && owner > 1) owner--
    return owner
  }

  /** From one chunk of a class to the next. Constant. */
  sizeOf (sizeClass: number): number {
    return sizeClass < this.large ? this.sizes.sizes[sizeClass] : 0
  }

  /** Whether a page shared by chunks has free ones. */
  private hasRoom (page: number): boolean {
    const sizeClass = this.pages.classOf(page)
    return sizeClass < this.large &&
      this.records[(page << BITS) + USED] < this.sizes.perPage[sizeClass]
  }
}
