import { randomBytes } from 'node:crypto'
import type { Host } from '@memplug/engine'
import type { Allocator } from './allocator.js'
import { ArenaLocks } from './arena-locks.js'
import { CasCounter } from './cas.js'
import { Counters } from './counters.js'
import { Ghosts } from './ghosts.js'
import { Holds } from './holds.js'
import { Lists } from './lists.js'
import { PAGE_SIZE, type SharedMemory } from './memory.js'
import { Table, type SharedTable } from './table.js'

/** Shared words that belong to no part. */
export const Control = {
  /** The key of the hash. */
  SEED_0: 0,
  SEED_1: 1,
  /** The number of flushes, in 8 bits. */
  GENERATION: 2,
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
}

/** Pages of 1 MiB that the host's memory limit allows: one at least. */
export function countPages (host: Host): number {
  return Math.max(1, Math.floor(host.settings.memoryLimit / PAGE_SIZE))
}

/** Everything but the items' memory, which takes next to nothing until it is used. */
export function reserveArena (
  host: Host, memory: SharedMemory, allocator: Allocator
): SharedArena {
  const lists = allocator.listPerClass ? allocator.classes : 1
  const table = Table.reserve(memory.pages * PAGE_SIZE)
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
    counters: Counters.reserve(allocator.classes, host.threads),
    holds: Holds.reserve(host.threads),
    control
  }
}
