import type { Memory } from '@memplug/arena'
import { Balance } from './balance.js'

/** Words of a page's record. */
export const Page = {
  /** 0: free. c + 1: chunks of class c. REST: belongs to the large chunk, or whoever took it. */
  CLASS: 0,
  /** How many chunks are in use. */
  USED: 1,
  /** First of the chunks that were freed; each one's first word names the next. */
  FREED: 2,
  /** How many chunks were ever given out since the page came to its class. */
  STARTED: 3,
  /** Neighbours in its class's list of pages with room, or in the list of free pages. */
  PREVIOUS: 4,
  NEXT: 5,
  /** How many pages a large chunk takes, on its first. */
  RUN: 6,
  /** One of Closed. */
  CLOSED: 7,
  BITS: 3
} as const

/** Values of Page.CLOSED. */
export const Closed = {
  OPEN: 0,
  /** It is being emptied by one thread: no chunk of it is given out, and it is in no list. */
  CLOSING: 1,
  /** It is that thread's. */
  EMPTIED: 2
} as const

const { CLASS, USED, FREED, STARTED, PREVIOUS, NEXT, CLOSED, BITS } = Page
const FREE = 0
export const REST = 0xffff

/** Words of a class's record: the first page with room, how many pages and chunks in use. */
const ROOM = 0
const PAGES = 1
const CHUNKS = 2
const CLASS_BITS = 2

/** Words after the records of the classes. */
const FREE_PAGE = 0
const FREE_COUNT = 1
/** Pages from this one on were never used, and are in no list. */
const UNUSED = 2
const MOVED = 3
const BUSY = 4
const OTHERS = 5

/** log2 of a segment's pages. Neighbours in different segments do not touch. */
const SEGMENT_BITS = 10

export interface SharedPages {
  readonly records: SharedArrayBuffer
  readonly classes: SharedArrayBuffer
  readonly balance: SharedArrayBuffer
}

/** Which class every page belongs to, and which pages have room. Under the allocator's lock. */
export class PageTable {
  /** Numbers of pages go from 1 to `count`. */
  readonly count: number
  /** `records[(page << Page.BITS) + Page.…]` */
  readonly records: Int32Array
  private readonly classes: Int32Array
  private readonly others: number

  static reserve (pages: number, classes: number): SharedPages {
    const words = (classes << CLASS_BITS) + OTHERS
    const shared = {
      records: new SharedArrayBuffer((pages + 1) << (BITS + 2)),
      classes: new SharedArrayBuffer(words * 4),
      balance: Balance.reserve(classes)
    }
    new Int32Array(shared.classes)[words - OTHERS + UNUSED] = 1
    return shared
  }

  constructor (shared: SharedPages, memory: Memory) {
    this.count = memory.pages
    this.records = new Int32Array(shared.records)
    this.classes = new Int32Array(shared.classes)
    this.others = this.classes.length - OTHERS
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

  /** Free pages, used before or not. */
  get freePages (): number {
    return this.classes[this.others + FREE_COUNT] + this.count + 1 -
      this.classes[this.others + UNUSED]
  }

  get moved (): number {
    return this.classes[this.others + MOVED]
  }

  /** How often a page was looked at in vain, because something on it is held. */
  get busy (): number {
    return this.classes[this.others + BUSY]
  }

  countMove (success: boolean): void {
    const at = this.others + (success ? MOVED : BUSY)
    this.classes[at] = this.classes[at] + 1
  }

  // Pages with room.

  /** A page of the class that has room, or 0. */
  withRoom (sizeClass: number): number {
    return this.classes[(sizeClass << CLASS_BITS) + ROOM]
  }

  list (page: number, sizeClass: number): void {
    this.push((sizeClass << CLASS_BITS) + ROOM, page)
  }

  unlist (page: number, sizeClass: number): void {
    this.remove((sizeClass << CLASS_BITS) + ROOM, page)
  }

  // Free pages.

  /** Takes any free page; 0 if there is none. */
  take (): number {
    let page = this.classes[this.others + FREE_PAGE]
    if (page === 0) {
      page = this.classes[this.others + UNUSED]
      if (page > this.count) return 0
    }
    this.claim(page)
    return page
  }

  /** Takes neighbouring free pages; tells the first, or 0. */
  takeRun (length: number): number {
    let run = 0
    for (let page = 1; page <= this.count; page++) {
      run = !this.isFree(page) ? 0 : startsSegment(page) ? 1 : run + 1
      if (run < length) continue
      const first = page - length + 1
      for (let i = 0; i < length; i++) this.claim(first + i)
      return first
    }
    return 0
  }

  /** The most neighbouring pages there can be. */
  get longestRun (): number {
    const inSegment = 1 << SEGMENT_BITS
    return this.count < 2 * inSegment - 1
      ? Math.max(Math.min(this.count, inSegment - 1), this.count + 1 - inSegment)
      : inSegment
  }

  /** Gives a page that was taken to a class. */
  open (page: number, sizeClass: number): void {
    const base = page << BITS
    this.records[base + CLASS] = sizeClass + 1
    this.records[base + USED] = 0
    this.records[base + FREED] = 0
    this.records[base + STARTED] = 0
    this.records[base + CLOSED] = Closed.OPEN
    this.addPages(sizeClass, 1)
  }

  /** Takes a page that is in no list from its class. */
  detach (page: number, sizeClass: number): void {
    this.records[page << BITS] = REST
    this.addPages(sizeClass, -1)
  }

  /** Gives a page that was taken back. */
  release (page: number): void {
    const base = page << BITS
    this.records[base + CLASS] = FREE
    this.records[base + CLOSED] = Closed.OPEN
    this.push(this.others + FREE_PAGE, page)
    this.addFree(1)
  }

  /** Takes a certain free page. */
  claim (page: number): void {
    const unused = this.classes[this.others + UNUSED]
    for (let skipped = unused; skipped < page; skipped++) this.release(skipped)
    if (page >= unused) {
      this.classes[this.others + UNUSED] = page + 1
    } else {
      this.remove(this.others + FREE_PAGE, page)
      this.addFree(-1)
    }
    this.records[page << BITS] = REST
  }

  private addFree (more: number): void {
    const at = this.others + FREE_COUNT
    this.classes[at] = this.classes[at] + more
  }

  private addPages (sizeClass: number, more: number): void {
    const at = (sizeClass << CLASS_BITS) + PAGES
    this.classes[at] = this.classes[at] + more
  }

  private push (head: number, page: number): void {
    const base = page << BITS
    const next = this.classes[head]
    this.records[base + PREVIOUS] = 0
    this.records[base + NEXT] = next
    if (next !== 0) this.records[(next << BITS) + PREVIOUS] = page
    this.classes[head] = page
  }

  private remove (head: number, page: number): void {
    const base = page << BITS
    const previous = this.records[base + PREVIOUS]
    const next = this.records[base + NEXT]
    if (previous !== 0) this.records[(previous << BITS) + NEXT] = next
    else this.classes[head] = next
    if (next !== 0) this.records[(next << BITS) + PREVIOUS] = previous
  }
}

/** Whether a page lies at the beginning of a segment. */
export function startsSegment (page: number): boolean {
  return (page & ((1 << SEGMENT_BITS) - 1)) === 0
}

