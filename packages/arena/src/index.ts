/** What the in-memory engines share. An engine is an ArenaEngine and an Allocator. */
export { ChunkState, Rescue } from './allocator.js'
export type { Allocator, AllocatorParts, ClassStats, Evictor } from './allocator.js'
export type { Arena } from './arena.js'
export { ArenaEngine } from './engine.js'
export { HEADER_SIZE } from './header.js'
export { Memory, PAGE_SIZE } from './memory.js'
export type { Ref, SharedMemory } from './memory.js'
