import {
  HEADER_SIZE, PAGE_SIZE, type Allocator, type ClassStats, type Evictor, type Memory, type Ref
} from '@memplug/arena'
import type { AddStat } from '@memplug/engine'
import { Balance } from './balance.js'
import type { Classes } from './classes.js'
import { Closing } from './closing.js'
import { Moves } from './moves.js'
import { Closed, Page, REST } from './page.js'
import { PageTable } from './page-table.js'
import { Reassignment } from './reassignment.js'
import type { SharedSlabs } from './shared.js'
import { Spans } from './spans.js'
import { Takeover } from './takeover.js'
import { Tuning } from './tuning.js'

const { CLASS, USED, FREED, STARTED, RUN, CLOSED, BITS } = Page
/** Words of a chunk: the link while it is free, and the item's count of holds. */
const LINK = 0
const HOLDS = HEADER_SIZE / 4 - 1
/** Chunks that are evicted in the order of use, for each that is wanted, before others are. */
const MOST_FREED = 2

/**
 * Chunks of fixed sizes on pages of 1 MiB, as memcached has them. Each page keeps its own free
 * chunks, so that it can be taken from its class once nothing on it is in use. Larger chunks
 * take whole neighbouring pages, and are a class of their own, the last.
 */
export class SlabAllocator implements Allocator {
  readonly classes: number
  readonly listPerClass = true
  readonly largest: number
  readonly tuning: Tuning
  readonly pages: PageTable
  readonly reassignment: Reassignment
  private readonly moves: Moves
  private readonly sizes: Classes
  private readonly takeover: Takeover
  private readonly balance: Balance
  /** Bytes that tests pretend to have been taken before. */
  private readonly pretended: number
  private readonly largestChunk: number
  /** With slab_chunk_max below half a page: the chunks of the class below `large`. */
  private readonly spans: Spans | undefined
  /** The most bytes that take a chunk of their own, linked while it is free; the class beyond. */
  private readonly most: number
  private readonly other: number
  private readonly memory: Memory
  private readonly records: Int32Array
  /** The class of whole pages. */
  private readonly large: number
  private readonly words: readonly Int32Array[]
  private readonly segmentShift: number
  private readonly granuleMask: number
  private readonly wordShift: number
  private readonly pageShift: number

  /** Where what the automover does is told. */
  tellEvent: (text: string) => void = () => {}

  constructor (shared: SharedSlabs, memory: Memory, sizes: Classes) {
    this.sizes = sizes
    this.large = sizes.count
    this.classes = sizes.count + 1
    this.largestChunk = sizes.largest
    this.pages = new PageTable(shared.pages, memory)
    this.tuning = new Tuning(shared.tuning)
    this.moves = new Moves(shared.moves)
    this.pretended = shared.pretended
    this.spans = shared.spans && new Spans(shared.spans, this.pages, memory, sizes.sizes)
    this.other = this.spans?.sizeClass ?? this.large
    this.most = this.other === 0 ? 0 : sizes.sizes[this.other - 1]
    const closing = new Closing(this.pages, memory, sizes, this.spans)
    this.takeover = new Takeover(this.pages, this.large, closing, this.moves, this.spans)
    this.balance = new Balance(this.pages, shared.pages.balance, sizes)
    this.reassignment = new Reassignment(this, memory, closing, this.moves)
    this.largest = this.pages.longestRun * PAGE_SIZE
    this.records = this.pages.records
    this.memory = memory
    this.words = memory.words
    this.segmentShift = memory.segmentShift
    this.granuleMask = memory.granuleMask
    this.wordShift = memory.wordShift
    this.pageShift = 20 - memory.granuleBits
  }

  classFor (bytes: number): number {
    if (bytes <= this.most) return this.sizes.of(bytes)
    return this.spans !== undefined && bytes <= PAGE_SIZE ? this.spans.sizeClass : this.large
  }

  classOf (ref: Ref): number {
    return this.records[(ref >>> this.pageShift) << BITS] - 1
  }

  allocate (bytes: number): Ref {
    if (bytes > this.most) return this.allocateOther(bytes)
    return this.allocateIn(this.sizes.of(bytes), true)
  }

  private allocateOther (bytes: number): Ref {
    const { spans } = this
    if (spans === undefined || bytes > PAGE_SIZE) {
      return this.allocateRun(Math.ceil(bytes / PAGE_SIZE))
    }
    return spans.allocate(spans.lengthFor(bytes), true, this.mayExceed(spans.sizeClass))
  }

  /** LOCKED. A chunk of a class, of a page that it has, or if it may, of a new one; or 0. */
  allocateIn (sizeClass: number, mayOpen: boolean): Ref {
    const { pages, records } = this
    let page = pages.withRoom(sizeClass)
    if (page === 0) {
      page = mayOpen ? pages.take(this.mayExceed(sizeClass)) : 0
      if (page === 0) return 0
      pages.open(page, sizeClass)
      pages.list(page, sizeClass)
    }
    const base = page << BITS
    let ref = records[base + FREED]
    if (ref !== 0) {
      const words = this.words[ref >>> this.segmentShift]
      records[base + FREED] = words[((ref & this.granuleMask) << this.wordShift) + LINK]
    } else {
      ref = this.start(page, this.sizes.sizes[sizeClass])
    }
    const used = records[base + USED] + 1
    records[base + USED] = used
    pages.addChunks(sizeClass, 1)
    if (used === this.sizes.perPage[sizeClass]) pages.unlist(page, sizeClass)
    return ref
  }

  free (ref: Ref): void {
    const page = ref >>> this.pageShift
    const base = page << BITS
    const { pages, records } = this
    const sizeClass = records[base + CLASS] - 1
    if (sizeClass >= this.other) {
      if (sizeClass === this.large) this.freeRun(page, base)
      else this.spans!.release(ref)
      return
    }
    const words = this.words[ref >>> this.segmentShift]
    words[((ref & this.granuleMask) << this.wordShift) + LINK] = records[base + FREED]
    records[base + FREED] = ref
    const used = records[base + USED] - 1
    records[base + USED] = used
    pages.addChunks(sizeClass, -1)
    if (records[base + CLOSED] !== Closed.OPEN) return
    if (used === this.sizes.perPage[sizeClass] - 1) pages.list(page, sizeClass)
    // An empty page is anyone's.
    if (used === 0) {
      pages.unlist(page, sizeClass)
      pages.detach(page, sizeClass)
      pages.release(page)
    }
  }

  makeRoom (bytes: number, evictor: Evictor): boolean {
    const sizeClass = this.classFor(bytes)
    if (!evictor.evictions) return this.reclaim(sizeClass, evictor)
    const { automove } = this.tuning
    if (automove === 2) this.reassignment.ask(-1, sizeClass + 1, true)
    const idle = automove === 0 ? -1 : this.balance.findIdle(sizeClass, evictor)
    if (idle >= 0 && this.takeover.from(idle, sizeClass, bytes, evictor)) return true
    if (sizeClass === this.spans?.sizeClass) return this.makeSpan(bytes, evictor)
    return evictor.evictFrom(sizeClass) || this.takeover.fromAny(sizeClass, bytes, evictor)
  }

  /** Items that were stored one after the other lie so, too, and what is evicted makes a span. */
  private makeSpan (bytes: number, evictor: Evictor): boolean {
    const spans = this.spans!
    const length = spans.lengthFor(bytes)
    const before = spans.freed
    while (spans.freed - before < length * MOST_FREED && evictor.evictFrom(spans.sizeClass)) {
      if (length === 1 || spans.hasRoom(length)) return true
    }
    return this.takeover.fromAny(spans.sizeClass, bytes, evictor) || spans.freed > before
  }

  // What the mover needs.

  /** LOCKED. The same with so many neighbouring chunks, where there are spans. */
  allocateMany (sizeClass: number, chunks: number, mayOpen: boolean): Ref {
    const { spans } = this
    if (sizeClass !== spans?.sizeClass) return this.allocateIn(sizeClass, mayOpen)
    return spans.allocate(chunks, mayOpen, this.mayExceed(sizeClass))
  }

  /** How many chunks an item takes: a glance. */
  chunksOf (ref: Ref): number {
    return this.classOf(ref) === this.spans?.sizeClass ? this.spans.lengthOf(ref) : 1
  }

  /** Clears so many neighbouring chunks, and keeps them for what this thread allocates next. */
  clear (chunks: number, evictor: Evictor): boolean {
    return evictor.evictions && this.takeover.clearing!.clear(chunks, evictor)
  }

  /** How many free chunks of a class, by a glance, items of it may come to. */
  countUsable (sizeClass: number): number {
    if (sizeClass === this.spans?.sizeClass) return this.spans.countUsable()
    const stats = this.describe(sizeClass)
    return stats === null ? 0 : stats.totalChunks - stats.usedChunks
  }

  /** Frees what has expired: of other classes too, for a page that becomes empty is anyone's. */
  private reclaim (sizeClass: number, evictor: Evictor): boolean {
    for (let i = 0; i < this.classes; i++) {
      if (evictor.evictFrom((sizeClass + i) % this.classes)) return true
    }
    return false
  }

  describe (sizeClass: number, evenEmpty = false): ClassStats | null {
    const { pages } = this
    const totalPages = pages.pagesIn(sizeClass)
    if (totalPages === 0 && !evenEmpty) return null
    const chunksPerPage = sizeClass === this.large ? 1 : this.sizes.perPage[sizeClass]
    return {
      chunkSize: sizeClass === this.large ? PAGE_SIZE : this.sizes.sizes[sizeClass],
      chunksPerPage,
      totalPages,
      totalChunks: totalPages * chunksPerPage,
      usedChunks: pages.chunksIn(sizeClass)
    }
  }

  maintain (evictor: Evictor): number {
    return this.reassignment.run(evictor)
  }

  resize (bytes: number, evictor: Evictor): boolean {
    if (!this.reassignment.limitTo(bytes - this.pretended, evictor)) return false
    this.tuning.limit = bytes
    return true
  }

  limitBytes (): number {
    return this.tuning.limit
  }

  /** Pages that were taken from the system: those of the pool too. */
  totalBytes (): number {
    return this.pages.malloced * PAGE_SIZE + this.pretended
  }

  addStats (add: AddStat): void {
    this.moves.tell(add)
    add('slab_global_page_pool', this.pages.pool)
  }

  addSettings (add: AddStat): void {
    const { tuning } = this
    add('maxbytes', this.limitBytes())
    add('slab_reassign', tuning.reassign ? 'yes' : 'no')
    add('slab_automove', tuning.automove)
    add('slab_automove_ratio', tuning.ratio.toFixed(2))
    add('slab_automove_window', tuning.window)
    add('slab_chunk_max', this.largestChunk)
    add('slab_automove_freeratio', tuning.freeRatio.toFixed(3))
  }

  resetStats (): void {
    this.moves.reset()
  }

  /** memcached's rule: where no page is taken from other classes, each has one. */
  private mayExceed (sizeClass: number): boolean {
    return this.tuning.automove === 0 && this.pages.pagesIn(sizeClass) === 0
  }

  /** A chunk that was not given out before; its memory may have been another class's. */
  private start (page: number, size: number): Ref {
    const at = (page << BITS) + STARTED
    const index = this.records[at]
    this.records[at] = index + 1
    const ref = this.memory.refAt(page, index * size)
    this.clearHolds(ref)
    return ref
  }

  private allocateRun (length: number): Ref {
    const { pages, records } = this
    const page = this.takeover.claimReady(length) || pages.takeRun(length)
    if (page === 0) return 0
    for (let i = 0; i < length; i++) {
      pages.open(page + i, this.large)
      records[(page + i) << BITS] = REST
    }
    const base = page << BITS
    records[base + CLASS] = this.large + 1
    records[base + RUN] = length
    records[base + STARTED] = 1
    pages.addChunks(this.large, length)
    const ref = this.memory.refAt(page, 0)
    this.clearHolds(ref)
    return ref
  }

  private freeRun (page: number, base: number): void {
    const { pages } = this
    const length = this.records[base + RUN]
    pages.addChunks(this.large, -length)
    for (let i = length - 1; i >= 0; i--) {
      const closed = ((page + i) << BITS) + CLOSED
      pages.detach(page + i, this.large)
      // Whoever is emptying the page keeps it.
      if (this.records[closed] === Closed.CLOSING) this.records[closed] = Closed.EMPTIED
      else pages.release(page + i)
    }
  }

  private clearHolds (ref: Ref): void {
    const words = this.words[ref >>> this.segmentShift]
    words[((ref & this.granuleMask) << this.wordShift) + HOLDS] = 0
  }
}
