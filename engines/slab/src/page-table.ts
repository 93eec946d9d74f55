import type { Memory } from '@memplug/arena'
import { Balance } from './balance.js'
import { Closed, Page, REST } from './page.js'
import { PageLists } from './page-lists.js'

/** What a free page is. */
const Free = {
  /** memcached's global page pool: it was in use, and its memory is still there. */
  POOLED: 0,
  /** It counts no longer as taken from the system, but its memory is still there. */
  GIVEN_UP: 1,
  /** It takes no memory. */
  AWAY: 2
} as const

const { CLASS, USED, FREED, STARTED, RUN, CLOSED, BITS } = Page
const FREE = 0

/** Words of a class's record: the first page with room, how many pages and chunks in use. */
const ROOM = 0
const PAGES = 1
const CHUNKS = 2
const CLASS_BITS = 2

/** Words after the records of the classes: the first of each kind of free pages, by Free. */
const LISTS = 0
/** How many pages of each kind are in its list. */
const COUNTS = 3
/** Pages from this one on were never used, and are in no list. */
const UNUSED = 6
/** Pages that may be taken from the system, and that are. */
const LIMIT = 7
const MALLOCED = 8
/** How many pages came to a class, ever. */
const ORDER = 9
const OTHERS = 10

/** log2 of a segment's pages. Neighbours in different segments do not touch. */
const SEGMENT_BITS = 10

export interface SharedPages {
  readonly records: SharedArrayBuffer
  readonly classes: SharedArrayBuffer
  readonly balance: SharedArrayBuffer
}

/**
 * Which class every page belongs to, and which pages have room. Under the allocator's lock.
 *
 * No more pages are taken from the system than the limit says, but for those that a lowered
 * limit has not got rid of, and for the first page of a class where pages do not move by
 * themselves (slab_automove 0), as in memcached. They go back as they come free.
 */
export class PageTable {
  /** Numbers of pages go from 1 to `count`. */
  readonly count: number
  /** `records[(page << Page.BITS) + Page.…]` */
  readonly records: Int32Array
  private readonly classes: Int32Array
  private readonly others: number
  private readonly lists: PageLists

  /** Of so many pages, `limit` may be taken, to begin with. */
  static reserve (pages: number, classes: number, limit = pages): SharedPages {
    const words = (classes << CLASS_BITS) + OTHERS
    const shared = {
      records: new SharedArrayBuffer((pages + 1) << (BITS + 2)),
      classes: new SharedArrayBuffer(words * 4),
      balance: Balance.reserve(classes)
    }
    const numbers = new Int32Array(shared.classes)
    numbers[words - OTHERS + UNUSED] = 1
    numbers[words - OTHERS + LIMIT] = limit
    return shared
  }

  constructor (shared: SharedPages, memory: Memory) {
    this.count = memory.pages
    this.records = new Int32Array(shared.records)
    this.classes = new Int32Array(shared.classes)
    this.others = this.classes.length - OTHERS
    this.lists = new PageLists(this.records, this.classes)
  }

  classOf (page: number): number {
    return this.records[page << BITS] - 1
  }

  isFree (page: number): boolean {
    return this.records[page << BITS] === FREE
  }

  pagesIn (sizeClass: number): number {
    return this.classes[(sizeClass << CLASS_BITS) + PAGES]
  }

  chunksIn (sizeClass: number): number {
    return this.classes[(sizeClass << CLASS_BITS) + CHUNKS]
  }

  addChunks (sizeClass: number, more: number): void {
    const at = (sizeClass << CLASS_BITS) + CHUNKS
    this.classes[at] = this.classes[at] + more
  }

  // Pages that are taken from the system.

  get limit (): number {
    return this.classes[this.others + LIMIT]
  }

  set limit (pages: number) {
    this.classes[this.others + LIMIT] = pages
    this.shrink()
  }

  /** Pages taken from the system: those of the classes, and those of the pool. */
  get malloced (): number {
    return this.classes[this.others + MALLOCED]
  }

  /** memcached's global page pool: pages that no class has, though they were taken. */
  get pool (): number {
    return this.classes[this.others + COUNTS + Free.POOLED]
  }

  /** Pages that any class may have: those of the pool, and those that may yet be taken. */
  get freePages (): number {
    return this.pool + Math.max(0, this.limit - this.malloced)
  }

  /** Whether a free page may be taken among so many; a glance. */
  isAllowed (page: number, length: number): boolean {
    return this.limit - this.malloced >= length ||
      (page < this.classes[this.others + UNUSED] &&
        this.records[(page << BITS) + USED] === Free.POOLED)
  }

  // Pages with room.

  /** A page of the class that has room, or 0. */
  withRoom (sizeClass: number): number {
    return this.classes[(sizeClass << CLASS_BITS) + ROOM]
  }

  list (page: number, sizeClass: number): void {
    this.lists.push((sizeClass << CLASS_BITS) + ROOM, page)
  }

  unlist (page: number, sizeClass: number): void {
    this.lists.remove((sizeClass << CLASS_BITS) + ROOM, page)
  }

  // Free pages.

  /**
   * Takes any free page; 0 if there is none, or none is allowed. It `mayExceed` the limit where
   * the class has no page yet and could not get one of another class.
   */
  take (mayExceed: boolean): number {
    let page = this.headOf(Free.POOLED)
    if (page === 0) {
      if (this.malloced >= this.limit && !mayExceed) return 0
      page = this.headOf(Free.GIVEN_UP) || this.headOf(Free.AWAY) ||
        this.classes[this.others + UNUSED]
      if (page > this.count) return 0
    }
    this.claim(page)
    return page
  }

  /** Takes a page of the pool; 0 if it is empty. */
  takePooled (): number {
    const page = this.headOf(Free.POOLED)
    if (page !== 0) this.claim(page)
    return page
  }

  /** Takes neighbouring free pages; tells the first, or 0. */
  takeRun (length: number): number {
    if (this.freePages < length) return 0
    let run = 0
    for (let page = 1; page <= this.count; page++) {
      run = !this.isFree(page) ? 0 : startsSegment(page) ? 1 : run + 1
      if (run < length) continue
      const first = page - length + 1
      for (let i = 0; i < length; i++) this.claim(first + i)
      this.shrink()
      return first
    }
    return 0
  }

  /** The most neighbouring pages there can be within the limit. */
  get longestRun (): number {
    const inSegment = 1 << SEGMENT_BITS
    const longest = this.count < 2 * inSegment - 1
      ? Math.max(Math.min(this.count, inSegment - 1), this.count + 1 - inSegment)
      : inSegment
    return Math.min(longest, this.limit)
  }

  /** Gives a page that was taken to a class. */
  open (page: number, sizeClass: number): void {
    const base = page << BITS
    this.records[base + CLASS] = sizeClass + 1
    this.records[base + USED] = 0
    this.records[base + FREED] = 0
    this.records[base + STARTED] = 0
    this.records[base + CLOSED] = Closed.OPEN
    this.records[base + RUN] = this.add(ORDER, 1)
    this.addPages(sizeClass, 1)
  }

  /** The page that came to its class before the others that are open; 0 if there is none. */
  oldestOf (sizeClass: number): number {
    let oldest = 0
    for (let page = 1; page < this.classes[this.others + UNUSED]; page++) {
      const base = page << BITS
      if (this.records[base] !== sizeClass + 1 || this.records[base + CLOSED] !== Closed.OPEN) {
        continue
      }
      if (oldest !== 0 && this.records[base + RUN] - this.records[(oldest << BITS) + RUN] > 0) {
        continue
      }
      oldest = page
    }
    return oldest
  }

  /** Takes a page that is in no list from its class. */
  detach (page: number, sizeClass: number): void {
    this.records[page << BITS] = REST
    this.addPages(sizeClass, -1)
  }

  /** Gives a page that was taken back: to the pool, or beyond the limit to the system. */
  release (page: number): void {
    this.records[(page << BITS) + CLOSED] = Closed.OPEN
    if (this.malloced > this.limit) this.giveUp(page)
    else this.keep(page, Free.POOLED)
  }

  /** Takes a certain free page. */
  claim (page: number): void {
    const unused = this.classes[this.others + UNUSED]
    for (let skipped = unused; skipped < page; skipped++) this.keep(skipped, Free.AWAY)
    let kind: number = Free.AWAY
    if (page >= unused) {
      this.classes[this.others + UNUSED] = page + 1
    } else {
      kind = this.records[(page << BITS) + USED]
      this.lists.remove(this.others + LISTS + kind, page)
      this.add(COUNTS + kind, -1)
    }
    if (kind !== Free.POOLED) this.add(MALLOCED, 1)
    this.records[page << BITS] = REST
  }

  /** A page that counts no longer, and whose memory is to go back to the system; or 0. */
  takeGivenUp (): number {
    const page = this.headOf(Free.GIVEN_UP)
    if (page === 0) return 0
    this.lists.remove(this.others + LISTS + Free.GIVEN_UP, page)
    this.add(COUNTS + Free.GIVEN_UP, -1)
    this.records[page << BITS] = REST
    return page
  }

  /** What takeGivenUp told takes no memory any more. */
  putAway (page: number): void {
    this.keep(page, Free.AWAY)
  }

  /** Gives up what the pool has beyond the limit. */
  private shrink (): void {
    while (this.malloced > this.limit) {
      const page = this.takePooled()
      if (page === 0) return
      this.giveUp(page)
    }
  }

  private giveUp (page: number): void {
    this.add(MALLOCED, -1)
    this.keep(page, Free.GIVEN_UP)
  }

  private keep (page: number, kind: number): void {
    const base = page << BITS
    this.records[base + CLASS] = FREE
    this.records[base + USED] = kind
    if (page >= this.classes[this.others + UNUSED]) this.classes[this.others + UNUSED] = page + 1
    this.lists.push(this.others + LISTS + kind, page)
    this.add(COUNTS + kind, 1)
  }

  private headOf (kind: number): number {
    return this.classes[this.others + LISTS + kind]
  }

  private add (number: number, more: number): number {
    const at = this.others + number
    return this.classes[at] = this.classes[at] + more
  }

  private addPages (sizeClass: number, more: number): void {
    const at = (sizeClass << CLASS_BITS) + PAGES
    this.classes[at] = this.classes[at] + more
  }
}

/** Whether a page lies at the beginning of a segment. */
export function startsSegment (page: number): boolean {
  return (page & ((1 << SEGMENT_BITS) - 1)) === 0
}

