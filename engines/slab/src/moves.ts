import type { AddStat } from '@memplug/engine'
import type { Ref } from '@memplug/arena'

/** What is counted of moving pages. */
export const Move = {
  RESCUES: 0,
  /** Chunks of items that take more than one. */
  CHUNK_RESCUES: 1,
  /** Chunks of the page that came free by themselves, or by an eviction. */
  INLINE_RECLAIM: 2,
  /** Looks at an item that could not be moved. */
  BUSY_ITEMS: 3,
  /** Items that were evicted because somebody held them for too long. */
  BUSY_DELETES: 4,
  /** Looks at an item for which there was no other chunk. */
  BUSY_NOMEM: 5,
  /** One of Busy. */
  LAST_BUSY: 6,
  /** Pages that came to another class, or to the pool. */
  MOVED: 7,
  WORDS: 8
} as const

/** Why an item could not be moved when it was looked at, in memcached's words. */
export const Busy = {
  NONE: 0,
  /** It is to be rescued, but there is no memory for it. */
  FROM_LRU: 1,
  /** It is held. */
  ACTIVE: 2,
  /** Nobody can find it: it is being uploaded, or read after its deletion. */
  FLOATING: 3,
  LOCKED: 4
} as const
const busyNames = ['none', 'from_lru', 'busy_active', 'busy_floating', 'locked']

/** Words of the request: the request itself, the page that is being emptied, a chunk for it. */
const REQUEST = 0
const PAGE = 1
const ROOM = 2
const REQUEST_WORDS = 3
/** The one request: nobody's, or `REQUESTED + source * CLASSES + destination`, and MAY_EVICT. */
const IDLE = 0
const REQUESTED = 1 << 16
const MAY_EVICT = 1 << 17
const CLASSES = 256

export interface SharedMoves {
  readonly counts: SharedArrayBuffer
  readonly request: SharedArrayBuffer
}

/** What threads share about moving pages: one request at a time, and what came of them all. */
export class Moves {
  private readonly counts: Float64Array
  private readonly request: Int32Array

  static reserve (): SharedMoves {
    return {
      counts: new SharedArrayBuffer(8 * Move.WORDS),
      request: new SharedArrayBuffer(4 * REQUEST_WORDS)
    }
  }

  constructor (shared: SharedMoves) {
    this.counts = new Float64Array(shared.counts)
    this.request = new Int32Array(shared.request)
  }

  /**
   * Asks for a page of one class for another, numbered from 1; false if a move is under way.
   * @param mayEvict also where there is free memory elsewhere
   */
  ask (source: number, destination: number, mayEvict: boolean): boolean {
    const request = REQUESTED + source * CLASSES + destination + (mayEvict ? MAY_EVICT : 0)
    return Atomics.compareExchange(this.request, REQUEST, IDLE, request) === IDLE
  }

  /** Whether a move is asked for or under way. */
  get running (): boolean {
    return Atomics.load(this.request, REQUEST) !== IDLE
  }

  get source (): number {
    return Math.floor(Atomics.load(this.request, REQUEST) / CLASSES) % CLASSES
  }

  get destination (): number {
    return Atomics.load(this.request, REQUEST) % CLASSES
  }

  get mayEvict (): boolean {
    return (Atomics.load(this.request, REQUEST) & MAY_EVICT) !== 0
  }

  /** The page that is being emptied, 0 if none is, and a chunk that is kept for its items. */
  get page (): number { return this.request[PAGE] }
  set page (page: number) { this.request[PAGE] = page }

  get room (): Ref { return this.request[ROOM] }
  set room (ref: Ref) { this.request[ROOM] = ref }

  /** The move is over. */
  end (): void {
    this.page = 0
    this.room = 0
    Atomics.store(this.request, REQUEST, IDLE)
  }

  add (count: number, more: number): void {
    this.counts[count] = this.counts[count] + more
  }

  noteBusy (reason: number): void {
    this.counts[Move.LAST_BUSY] = reason
  }

  reset (): void {
    this.counts.fill(0)
  }

  tell (add: AddStat): void {
    const { counts } = this
    add('slab_reassign_rescues', counts[Move.RESCUES])
    add('slab_reassign_chunk_rescues', counts[Move.CHUNK_RESCUES])
    add('slab_reassign_inline_reclaim', counts[Move.INLINE_RECLAIM])
    add('slab_reassign_busy_items', counts[Move.BUSY_ITEMS])
    add('slab_reassign_busy_deletes', counts[Move.BUSY_DELETES])
    add('slab_reassign_busy_nomem', counts[Move.BUSY_NOMEM])
    add('slab_reassign_last_busy_status', busyNames[counts[Move.LAST_BUSY]])
    add('slab_reassign_running', Number(this.running))
    add('slabs_moved', counts[Move.MOVED])
  }
}
