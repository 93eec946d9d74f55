import { randomBytes } from 'node:crypto'
import type { Host } from '@memplug/engine'
import type { Allocator } from './allocator.js'
import { ArenaLocks } from './arena-locks.js'
import { CasCounter } from './cas.js'
import { Counters } from './counters.js'
import { Crawler } from './crawler.js'
import { Ghosts } from './ghosts.js'
import { Holds } from './holds.js'
import { Lists } from './lists.js'
import { DEFAULT_LRU, Lru, SEGMENT_BITS, type LruSettings } from './lru.js'
import { PAGE_SIZE, type SharedMemory } from './memory.js'
import { Table, type SharedTable } from './table.js'

/** Shared words that belong to no part. */
export const Control = {
  /** The key of the hash. */
  SEED_0: 0,
  SEED_1: 1,
  /** The number of flushes, in 8 bits. */
  GENERATION: 2,
  /** Of the numbers of flushes that items bear, the first. */
  CLEAN: 3,
  /** Of the walk that frees flushed items: its next bucket, and the flush before its start. */
  SWEPT: 4,
  SWEEP: 5,
  WORDS: 16
} as const

/** What the threads of an arena share: survives a structured clone. */
export interface SharedArena {
  readonly memory: SharedMemory
  readonly table: SharedTable
  readonly ghosts: SharedArrayBuffer
  readonly lists: SharedArrayBuffer
  readonly locks: SharedArrayBuffer
  readonly cas: SharedArrayBuffer
  readonly counters: SharedArrayBuffer
  readonly holds: SharedArrayBuffer
  readonly control: SharedArrayBuffer
  readonly crawler: SharedArrayBuffer
  /** LruSettings. */
  readonly lru: SharedArrayBuffer
}

/** Pages of 1 MiB that the host's memory limit allows: one at least. */
export function countPages (host: Host): number {
  return Math.max(1, Math.floor(host.settings.memoryLimit / PAGE_SIZE))
}

/** Pages by which -m may be surpassed at most: a page for each of memcached's classes. */
const MOST_EXCESS = 64
/** Up to how many times -m, or how many pages beyond it, cache_memlimit may raise the limit. */
const MOST_TIMES = 4
const MOST_MORE = 1024
/** From here on granules are larger, and with them chunks: not for the sake of reserve alone. */
const SMALL_GRANULES = 32 * 1024 - 1

/** Pages to reserve where the limit may be raised later. They take nothing until then. */
export function countReserve (host: Host): number {
  const pages = countPages(host)
  const most = Math.min(pages * MOST_TIMES, pages + MOST_MORE) + MOST_EXCESS
  return pages > SMALL_GRANULES ? most : Math.min(most, Math.max(SMALL_GRANULES, pages))
}

/** Everything but the items' memory, which takes next to nothing until it is used. */
export function reserveArena (
  host: Host, memory: SharedMemory, allocator: Allocator, lru: LruSettings = DEFAULT_LRU
): SharedArena {
  const rowBits = allocator.listPerClass ? SEGMENT_BITS : 0
  const lists = allocator.listPerClass ? allocator.classes << rowBits : 1
  // For the memory there is at first: what is added later makes its chains longer at most.
  const { hashPower, hashExpand = true } = host.settings
  const table = Table.reserve(Math.min(memory.pages, countPages(host)) * PAGE_SIZE,
    hashPower === undefined || hashPower === 0 ? undefined : 2 ** hashPower, hashExpand)
  const control = new SharedArrayBuffer(4 * Control.WORDS)
  const seed = randomBytes(8)
  const words = new Int32Array(control)
  words[Control.SEED_0] = seed.readInt32LE(0)
  words[Control.SEED_1] = seed.readInt32LE(4)
  return {
    memory,
    table,
    ghosts: Ghosts.reserve(table),
    lists: Lists.reserve(lists),
    locks: ArenaLocks.reserve(lists),
    cas: CasCounter.reserve(),
    counters: Counters.reserve(allocator.classes, host.threads, rowBits),
    holds: Holds.reserve(host.threads),
    control,
    crawler: Crawler.reserve(lists, host),
    lru: Lru.reserve(lru)
  }
}
