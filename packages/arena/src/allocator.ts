import type { AddStat, Host } from '@memplug/engine'
import type { Memory, Ref } from './memory.js'

/**
 * Gives out chunks of a Memory. Every thread has an object of its own over the same shared
 * state. The methods marked LOCKED are called by the arena under the allocator's lock, which
 * comes last in the lock order: they take no other lock and call nothing of the arena.
 *
 * A chunk begins on a granule (`8 << (memory.granuleBits - 3)` bytes) and lies within one
 * segment. Its first 48 bytes are the item's header. While a chunk is free the allocator may
 * use all of it but for the header's last word (HOLDS, the int32 at byte 44), which must be 0
 * in every free chunk that the allocator may ever name to Evictor.evictItem or stateOf. The
 * arena leaves it 0 in every chunk it frees; an allocator that cuts chunks anew from memory
 * that was used otherwise clears it. What allocate gives may hold any bytes.
 */
export interface Allocator {
  /** How many size classes there are: statistics are kept for each. At most 1024. */
  readonly classes: number
  /**
   * True: each class has LRU lists of its own, memcached's four, and is what Evictor calls a
   * group. False: one list for all, and one group, 0.
   */
  readonly listPerClass: boolean
  /** Bytes of the largest chunk there can be. */
  readonly largest: number

  /** LOCKED. A chunk of `bytes` or more; 0 if there is no free room. Never evicts. */
  allocate (bytes: number): Ref

  /** LOCKED. Takes back what allocate gave. */
  free (ref: Ref): void

  /**
   * The class that a chunk for so many bytes would have. Pure, and without the lock. The chunks
   * of a class all hold the same, or all 1024 bytes at least.
   */
  classFor (bytes: number): number

  /** The class of a chunk in use. Called often and without the lock: constant while in use. */
  classOf (ref: Ref): number

  /**
   * Called without locks when allocate gave 0: frees some room by means of the evictor. The
   * arena then calls allocate again, and this again if that gave 0. False if nothing more can
   * be evicted: the arena answers NO_MEMORY. With evictions off (settings.evictions) it is
   * called too, and the evictor frees only what has expired or been flushed.
   */
  makeRoom (bytes: number, evictor: Evictor): boolean

  /**
   * Called without locks on thread 0, for upkeep; well under 1 ms. Tells after how many
   * milliseconds it wants to be called again; it will be about ten times a second anyhow.
   */
  maintain? (evictor: Evictor): number

  /**
   * Takes another number of bytes for the items' memory, from now on. False if it can't.
   * Called without locks; what exceeds a lower limit is to be evicted by and by.
   */
  resize? (bytes: number, evictor: Evictor): boolean

  /** Bytes that it may take for items: -m, to begin with. */
  limitBytes? (): number

  /**
   * LOCKED. Tells of a class with chunks in use or free, what `stats slabs` shows; or null. With
   * `evenEmpty` it may tell of one whose last page was taken from it, too.
   */
  describe (sizeClass: number, evenEmpty?: boolean): ClassStats | null

  /** LOCKED. Bytes of memory that are given to classes: `total_malloced`. */
  totalBytes (): number

  /** LOCKED. Adds the allocator's own general statistics, such as slabs_moved. */
  addStats? (add: AddStat): void

  /** Adds what `stats settings` tells of it. */
  addSettings? (add: AddStat): void

  /** LOCKED. Zeroes its counters. */
  resetStats? (): void
}

export interface ClassStats {
  readonly chunkSize: number
  readonly chunksPerPage: number
  readonly totalPages: number
  readonly totalChunks: number
  readonly usedChunks: number
}

/** What Evictor.stateOf says of a chunk. */
export const ChunkState = {
  /** Not in use, or just being given out. */
  FREE: 0,
  /** An item that can be found and that nobody holds: evictItem will probably succeed. */
  EVICTABLE: 1,
  /** Held by somebody: an item being read, sent or uploaded. */
  HELD: 2
} as const
export type ChunkState = (typeof ChunkState)[keyof typeof ChunkState]

/** What Evictor.rescue came to. */
export const Rescue = {
  MOVED: 0,
  /** It had expired, or was flushed, and is gone. */
  GONE: 1,
  /** It can't be found: it is being made, or only held. */
  UNLINKED: 2,
  /** Somebody is at work on it, or near it. */
  LOCKED: 3,
  /** There was no chunk to move it to. */
  NO_ROOM: 4
} as const
export type Rescue = (typeof Rescue)[keyof typeof Rescue]

/** What the arena offers to Allocator.makeRoom and maintain. No lock may be held by the caller. */
export interface Evictor {
  /** False: only expired and flushed items are ever freed. */
  readonly evictions: boolean

  /**
   * Frees one item of a group: an expired or flushed one if one is soon found, else the one
   * that the eviction policy chooses. False if there is none that could be freed.
   */
  evictFrom (group: number): boolean

  /** Evicts the item in this chunk if it is linked and nobody holds it; tells whether it did. */
  evictItem (ref: Ref): boolean

  /**
   * Moves the item in a chunk to another chunk of its class, of allocate; 0 if there is none.
   * Whoever holds the item keeps the old copy, and with it the old chunk.
   */
  rescue (from: Ref, to: Ref): Rescue

  /** A glance at a chunk, without a lock: it may be another in a moment. */
  stateOf (ref: Ref): ChunkState

  /** How often items of a class were stored or found since the last reset; a glance. */
  countUses (sizeClass: number): number

  /** How many items of a class were evicted, and were refused memory, since the last reset. */
  countEvicted (sizeClass: number): number
  countRefused (sizeClass: number): number

  /** How many items a group has, by a glance without a lock. */
  countItems (group: number): number

  /** Seconds since the item that is next for eviction was last used; 0 if there is none. */
  ageOf (group: number): number

  /** The allocator's lock, for a makeRoom or maintain that works on the allocator's state. */
  lock (): void
  unlock (): void
}

/** What a thread's allocator is made from. */
export interface AllocatorParts {
  readonly memory: Memory
  readonly host: Host
  /** What reserveAllocator gave on thread 0, or a structured clone of it. */
  readonly shared: unknown
  /** True on the thread that starts the arena: `shared` is fresh and to be set up. */
  readonly fresh: boolean
}
