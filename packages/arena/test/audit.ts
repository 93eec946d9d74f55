import { Meta, Word } from '../src/header.js'
import { ClassCount } from '../src/counters.js'
import type { Arena } from '../src/index.js'

/**
 * Follows every link of an arena that nobody uses: each item is in its own bucket and its own
 * list, once, and the counters tell what there is. `held` items may have more holds than one.
 */
export function audit (arena: Arena, held = 0): void {
  const inTable = walkTable(arena)
  const inLists = walkLists(arena)
  expect(inLists.size).toBe(inTable.size)
  for (const ref of inLists) must(inTable.has(ref), 'an item of a list is in its bucket')
  expect(arena.counters.sumClasses(ClassCount.ITEMS)).toBe(inTable.size)
  let bytes = 0
  let holds = 0
  for (const ref of inTable) {
    const words = arena.wordsOf(ref)
    const at = arena.indexOf(ref)
    must((words[at + Word.META] & Meta.LINKED) !== 0, 'it says that it is linked')
    bytes += 48 + (words[at + Word.META] & Meta.KEY_LENGTH) + words[at + Word.SIZE]
    holds += words[at + Word.HOLDS] - 1
  }
  expect(arena.counters.sumClasses(ClassCount.BYTES)).toBe(bytes)
  expect(holds).toBe(held)
}

/** How many chunks the allocator has given out. */
export function countChunks (arena: Arena): number {
  let chunks = 0
  for (let i = 0; i < arena.allocator.classes; i++) {
    chunks += arena.allocator.describe(i)?.usedChunks ?? 0
  }
  return chunks
}

function walkTable (arena: Arena): Set<number> {
  const refs = new Set<number>()
  for (let bucket = 0; bucket < arena.table.used; bucket++) {
    for (let ref = arena.table.firstOf(bucket); ref !== 0;) {
      must(!refs.has(ref), 'it is in the table once')
      refs.add(ref)
      const words = arena.wordsOf(ref)
      const at = arena.indexOf(ref)
      must(arena.table.has(words[at + Word.HASH], ref), 'its hash leads to its bucket')
      ref = words[at + Word.CHAIN]
    }
  }
  return refs
}

function walkLists (arena: Arena): Set<number> {
  const refs = new Set<number>()
  for (let list = 0; list < arena.lists.count; list++) {
    let count = 0
    let older = 0
    for (let ref = arena.lists.tail(list); ref !== 0; ref = arena.lists.newer(ref)) {
      must(!refs.has(ref), 'it is in one list, once')
      refs.add(ref)
      const words = arena.wordsOf(ref)
      must(words[arena.indexOf(ref) + Word.NEXT] === older, 'neighbours name each other')
      const own = arena.listOf(arena.allocator.classOf(ref), words[arena.indexOf(ref) + Word.META])
      must(own === list, 'it is in its list')
      older = ref
      count++
    }
    expect(arena.lists.countItems(list)).toBe(count)
  }
  return refs
}

/** As expect, but quick enough for every item. */
function must (condition: boolean, what: string): void {
  if (!condition) throw new Error(`of an item it does not hold that ${what}`)
}
