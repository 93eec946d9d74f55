import { readFileSync } from 'node:fs'
import { loadMemoryAddon } from '../src/native.js'

const addon = loadMemoryAddon()
const ifBuilt = addon === null ? test.skip : test

ifBuilt('the addon refuses whatever is no range of a typed array', () => {
  const give = addon!.discard as (...parameters: unknown[]) => number
  const words = new Int32Array(new SharedArrayBuffer(1 << 16))
  for (const parameters of [
    [], [words], [words, 0], [words.buffer, 0, 1], [new DataView(words.buffer), 0, 1], [null, 0, 1],
    [words, -1, 1], [words, 0, -1], [words, 0, (1 << 16) + 1], [words, 1 << 16, 1], [words, NaN, 1],
    [words, 0.5, 1], [words, 0, Infinity], [words, '0', 1], [words, 0, 1n]
  ]) {
    expect(() => give(...parameters)).toThrow()
  }
})

ifBuilt('the addon discards the whole pages of a range, and nothing beside it', () => {
  const words = new Int32Array(new SharedArrayBuffer(1 << 20)).fill(7)
  const given = addon!.discard(words, 100, (1 << 20) - 200)
  expect(given % 4096).toBe(0)
  expect(given).toBeGreaterThanOrEqual((1 << 20) - 200 - 2 * 4096)
  expect(words.subarray(0, 25).every(word => word === 7)).toBe(true)
  expect(words.subarray(-25).every(word => word === 7)).toBe(true)
  expect(words.filter(word => word === 0).length).toBe(given / 4)
  expect(addon!.discard(words, 0, 0)).toBe(0)
})

/** Bytes of this process's memory for which large pages were asked, if there are any. */
function askedBytes (): number {
  const maps = readFileSync('/proc/self/smaps', 'latin1').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)
  return maps.filter(map => /^VmFlags:.* hg/m.test(map))
    .reduce((sum, map) => sum + 1024 * Number(/^Size: +(\d+) kB/m.exec(map)![1]), 0)
}

ifBuilt('the addon asks for large pages, and refuses whatever is no typed array', () => {
  const before = askedBytes()
  const words = new Int32Array(new SharedArrayBuffer(1 << 24))
  // A system without them answers false.
  if (addon!.useLargePages(words)) expect(askedBytes()).toBeGreaterThanOrEqual(before + (1 << 23))
  const ask = addon!.useLargePages as (...parameters: unknown[]) => boolean
  for (const parameters of [[], [words.buffer], [null], [7], ['x']]) {
    expect(() => ask(...parameters)).toThrow()
  }
  expect(ask(new Int32Array(0))).toBe(false)
})
