import type { Arena } from '@memplug/arena'
import { Word } from '../../../packages/arena/src/header.js'
import type { SlabAllocator } from '../src/allocator.js'

/** How many chunks the items take that can be found. */
export function countItemChunks (arena: Arena): number {
  const allocator = arena.allocator as SlabAllocator
  let chunks = 0
  for (let bucket = 0; bucket < arena.table.used; bucket++) {
    for (let ref = arena.table.firstOf(bucket); ref !== 0;) {
      chunks += allocator.chunksOf(ref)
      ref = arena.wordsOf(ref)[arena.indexOf(ref) + Word.CHAIN]
    }
  }
  return chunks
}
