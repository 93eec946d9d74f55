import { HEADER_SIZE, PAGE_SIZE, type Memory, type Ref } from '@memplug/arena'
import { LARGEST_CHUNK } from './classes.js'
import { Closed, Page } from './page.js'
import { PageBits } from './page-bits.js'
import { PageLists } from './page-lists.js'
import type { PageTable } from './page-table.js'

const { USED, STARTED, CLOSED, BITS } = Page
/** Word of a page's record: its longest span of free chunks. They are not linked. */
const LONGEST = Page.FREED
const HOLDS = HEADER_SIZE / 4 - 1
/** Word before the heads of the lists, which go by lengths from 1: how many spans are in use. */
const COUNT = 0

export interface SharedSpans {
  readonly free: SharedArrayBuffer
  readonly starts: SharedArrayBuffer
  readonly heads: SharedArrayBuffer
  readonly listed: SharedArrayBuffer
}

/**
 * With slab_chunk_max below half a page, the class of the largest chunks: an item that does not
 * fit one takes a span of neighbours on a page, up to all of it. (memcached chains chunks, wherever
 * they are; here an item is one piece of memory.)
 *
 * Of a page it is known which chunks are free and where spans begin, and its longest span of free
 * chunks is what it is listed by, so that the page with the least that is enough is found at once.
 * Under the allocator's lock, but for what is called a glance.
 */
export class Spans {
  /** The class, whose chunks are `1 << shift` bytes, and how many there are on a page. */
  readonly sizeClass: number
  readonly perPage: number
  readonly free: PageBits
  readonly starts: PageBits
  /** The page on which this thread freed something last, and how many chunks it freed in all. */
  freedOn = 0
  freed = 0
  /** A span of so many chunks that this thread has taken already, for what it allocates next. */
  private ready: Ref = 0
  private readyLength = 0
  /** Where the span begins that find() found. */
  private fit = 0
  private readonly shift: number
  private readonly pages: PageTable
  private readonly records: Int32Array
  private readonly memory: Memory
  /** The pages by their longest free spans, and which of these lists have pages. */
  private readonly heads: Int32Array
  private readonly lists: PageLists
  private readonly listed: PageBits

  /** What spans need of these classes; nothing if the largest chunks are as large as usual. */
  static reserve (pages: number, sizes: readonly number[]): SharedSpans | undefined {
    const largest = sizes.at(-1)!
    if (largest >= LARGEST_CHUNK) return undefined
    const chunks = PAGE_SIZE / largest
    return {
      free: PageBits.reserve(pages, chunks),
      starts: PageBits.reserve(pages, chunks),
      heads: new SharedArrayBuffer(4 * (chunks + 1)),
      listed: PageBits.reserve(0, chunks + 1)
    }
  }

  constructor (
    shared: SharedSpans, pages: PageTable, memory: Memory, sizes: readonly number[]
  ) {
    const largest = sizes.at(-1)!
    this.sizeClass = sizes.length - 1
    this.perPage = PAGE_SIZE / largest
    this.shift = Math.log2(largest)
    this.pages = pages
    this.records = pages.records
    this.memory = memory
    this.free = new PageBits(shared.free, this.perPage)
    this.starts = new PageBits(shared.starts, this.perPage)
    this.heads = new Int32Array(shared.heads)
    this.lists = new PageLists(this.records, this.heads)
    this.listed = new PageBits(shared.listed, this.perPage + 1)
  }

  /** How many chunks so many bytes take. */
  lengthFor (bytes: number): number {
    return Math.ceil(bytes / (1 << this.shift))
  }

  /** How many chunks what begins there takes: a glance. */
  lengthOf (ref: Ref): number {
    const page = this.memory.pageOf(ref)
    const index = this.indexOf(ref)
    return this.endOf(page, index) - index
  }

  endOf (page: number, index: number): number {
    return Math.min(this.free.next(page, index + 1), this.starts.next(page, index + 1))
  }

  refAt (page: number, index: number): Ref {
    return this.memory.refAt(page, index << this.shift)
  }

  /** Whether an open page has a span of so many free chunks: a glance. */
  hasRoom (length: number): boolean {
    return this.listed.next(0, length) <= this.perPage
  }

  /** A span of an open page, or if it may, of a new one; 0 if there is none. */
  allocate (length: number, mayOpen: boolean, mayExceed: boolean): Ref {
    if (this.readyLength === length) {
      this.readyLength = 0
      return this.ready
    }
    let page = 0
    if (this.hasRoom(length)) {
      page = this.heads[this.listed.next(0, length)]
      this.unlist(page)
    } else {
      page = mayOpen ? this.pages.take(mayExceed) : 0
      if (page === 0) return 0
      this.open(page)
    }
    const ref = this.place(page, length)
    this.list(page)
    return ref
  }

  /** Keeps a span of any open page for what this thread allocates next. */
  reserve (length: number): void {
    this.ready = this.allocate(length, false, false)
    this.readyLength = this.ready === 0 ? 0 : length
  }

  /** Keeps a span of an unlisted page for what this thread allocates next; false if it has none. */
  keep (page: number, length: number): boolean {
    this.ready = this.place(page, length)
    this.readyLength = this.ready === 0 ? 0 : length
    return this.ready !== 0
  }

  release (ref: Ref): void {
    const { free, records } = this
    const page = this.memory.pageOf(ref)
    const base = page << BITS
    let from = this.indexOf(ref)
    let to = this.endOf(page, from)
    this.starts.clear(page, from)
    free.setAll(page, from, to)
    const used = records[base + USED] - (to - from)
    records[base + USED] = used
    this.pages.addChunks(this.sizeClass, from - to)
    this.heads[COUNT] = this.heads[COUNT] - 1
    this.freedOn = page
    this.freed += to - from
    if (records[base + CLOSED] !== Closed.OPEN) return
    if (used === 0) {
      // An empty page is anyone's.
      this.unlist(page)
      this.pages.detach(page, this.sizeClass)
      this.pages.release(page)
      return
    }
    while (from > 0 && free.has(page, from - 1)) from--
    to = free.nextClear(page, to)
    if (to - from <= records[base + LONGEST]) return
    this.unlist(page)
    records[base + LONGEST] = to - from
    this.list(page)
  }

  /** Makes a page that was taken one of the class; in no list as yet. */
  open (page: number): void {
    this.pages.open(page, this.sizeClass)
    this.free.setAll(page, 0, this.perPage)
    this.starts.clearAll(page, 0, this.perPage)
    this.records[(page << BITS) + STARTED] = this.perPage
    this.records[(page << BITS) + LONGEST] = this.perPage
  }

  list (page: number): void {
    const longest = this.records[(page << BITS) + LONGEST]
    if (longest === 0) return
    this.lists.push(longest, page)
    this.listed.set(0, longest)
  }

  unlist (page: number): void {
    const longest = this.records[(page << BITS) + LONGEST]
    if (longest === 0) return
    this.lists.remove(longest, page)
    if (this.heads[longest] === 0) this.listed.clear(0, longest)
  }

  /** Finds out the longest span of a page that was closed meanwhile. */
  measure (page: number): void {
    this.records[(page << BITS) + LONGEST] = this.find(page, this.perPage + 1)
  }

  /**
   * How many free chunks items may come to: of each page the longest span, if one of the average
   * length fits it. A glance.
   */
  countUsable (): number {
    const { records } = this
    const length = this.pages.chunksIn(this.sizeClass) / this.heads[COUNT]
    let usable = 0
    for (let page = 1; page <= this.pages.count; page++) {
      if (this.pages.classOf(page) !== this.sizeClass) continue
      const longest = records[(page << BITS) + LONGEST]
      if (longest >= length) usable += longest
    }
    return usable
  }

  /** Gives out the shortest span of an unlisted page that is long enough; 0 if there is none. */
  private place (page: number, length: number): Ref {
    const { records } = this
    const base = page << BITS
    this.fit = -1
    records[base + LONGEST] = this.find(page, length)
    const index = this.fit
    if (index < 0) return 0
    this.free.clearAll(page, index, index + length)
    this.starts.set(page, index)
    records[base + USED] = records[base + USED] + length
    this.pages.addChunks(this.sizeClass, length)
    this.heads[COUNT] = this.heads[COUNT] + 1
    const ref = this.refAt(page, index)
    // Its memory may have been in the midst of another item.
    const { memory } = this
    const words = memory.words[ref >>> memory.segmentShift]
    words[((ref & memory.granuleMask) << memory.wordShift) + HOLDS] = 0
    return ref
  }

  /**
   * Looks for the shortest span of free chunks that is long enough. Answers the longest there is,
   * without so many chunks of the one that was found.
   */
  private find (page: number, length: number): number {
    const { free, perPage } = this
    let longest = 0
    let best = 0
    for (let at = free.next(page, 0); at < perPage;) {
      const end = free.nextClear(page, at)
      let other = end - at
      if (other >= length && (best === 0 || other < best)) {
        const before = best
        best = other
        this.fit = at
        other = before
      }
      if (other > longest) longest = other
      at = free.next(page, end)
    }
    return Math.max(longest, best - length)
  }

  private indexOf (ref: Ref): number {
    return this.memory.byteInPage(ref) >>> this.shift
  }
}
