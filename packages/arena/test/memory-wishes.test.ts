import { TestHost } from '@memplug/engine-kit'
import type { Settings } from '@memplug/engine'
import { Memory } from '../src/index.js'
import { obeyWishes } from '../src/memory-wishes.js'
import { loadMemoryAddon, type MemoryAddon } from '../src/native.js'

const memory = new Memory(Memory.reserve(8))

/** What is logged where the system answers so. */
function wish (wishes: Partial<Settings>, addon: Partial<MemoryAddon> | null): string[] {
  const host = new TestHost(wishes)
  obeyWishes(memory, host, addon as MemoryAddon | null)
  return host.lines.map(([level, message]) => `${level}: ${message}`)
}

test('nothing is asked of the system that the operator does not want', () => {
  expect(wish({}, {})).toEqual([])
})

test('large pages are asked for by -L, and of a gibibyte anyhow', () => {
  const asked: number[] = []
  const useLargePages = (words: Int32Array) => asked.push(words.length) > 0
  wish({ memoryLimit: 2 ** 30 }, { useLargePages })
  wish({ largePages: true }, { useLargePages })
  expect(asked).toEqual([memory.words[0].length, memory.words[0].length])
  expect(wish({ largePages: true }, { useLargePages: () => false }))
    .toEqual(['warn: there are no large pages (-L): the system knows none'])
  expect(wish({ memoryLimit: 2 ** 30 }, { useLargePages: () => false })).toEqual([])
})

test('memory is locked by -k, and a warning says if it is not', () => {
  expect(wish({ lockMemory: true }, { lockMemory: () => '' })).toEqual([])
  expect(wish({ lockMemory: true }, { lockMemory: () => 'Cannot allocate memory' }))
    .toEqual(['warn: the memory can not be locked (-k): Cannot allocate memory'])
  expect(wish({ largePages: true, lockMemory: true }, null)).toEqual([
    "warn: there are no large pages (-L): the addon 'memory' is not built",
    "warn: the memory can not be locked (-k): the addon 'memory' is not built"
  ])
})

const addon = loadMemoryAddon()
const ifBuilt = addon === null ? test.skip : test

ifBuilt('memory that is locked can be given back all the same', () => {
  const words = new Int32Array(new SharedArrayBuffer(1 << 20))
  // A system that allows none says why.
  if (addon!.lockMemory(words) !== '') return
  words.fill(7)
  expect(addon!.discard(words, 0, 1 << 20)).toBeGreaterThan(1 << 19)
  expect(words[words.length >> 1]).toBe(0)
  for (const wrong of [words.buffer, null, 7]) {
    expect(() => (addon!.lockMemory as (wrong: unknown) => string)(wrong)).toThrow()
  }
})
