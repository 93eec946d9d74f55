import { jest } from '@jest/globals'
import { Word } from '../src/header.js'
import { Memory } from '../src/memory.js'
import { FIRST_BUCKETS, MOST_SPLITS, Table } from '../src/table.js'

const KEY_AT = 12
const ITEM = 64

/** A table over items of one word's key, whose hashes are chosen. */
class Items {
  readonly memory: Memory
  readonly table: Table
  #next = 0

  constructor (megabytes: number) {
    this.memory = new Memory(Memory.reserve(megabytes))
    this.table = new Table(Table.reserve(megabytes << 20), this.memory)
  }

  make (hash: number, key: number): number {
    const byte = this.#next++ * ITEM
    const ref = this.memory.refAt(1 + (byte >>> 20), byte & 0xfffff)
    const at = this.at(ref)
    this.memory.words[0][at + Word.HASH] = hash
    this.memory.words[0][at + Word.META] = 4
    this.memory.words[0][at + KEY_AT] = key
    return ref
  }

  insert (hash: number, key: number): number {
    const ref = this.make(hash, key)
    this.table.insert(ref)
    return ref
  }

  find (hash: number, key: number): number {
    return this.table.find(hash, Int32Array.of(0, key), 1, 4)
  }

  at (ref: number): number {
    return (ref & this.memory.granuleMask) << this.memory.wordShift
  }
}

/** Spreads numbers over all hashes. */
const hashOf = (number: number): number => Math.imul(number, 0x9e3779b1) ^ number >>> 3

test('an item is found by hash and key, not by one of them', () => {
  const items = new Items(1)
  const a = items.insert(5, 100)
  const b = items.insert(5, 200)
  const c = items.insert(6, 100)
  expect([items.find(5, 100), items.find(5, 200), items.find(6, 100)]).toEqual([a, b, c])
  expect([items.find(5, 300), items.find(7, 100), items.find(-5, 100)]).toEqual([0, 0, 0])
})

test('of the last word only the bytes of the key count', () => {
  const items = new Items(1)
  for (const length of [1, 2, 3, 5, 6, 7]) {
    const ref = items.make(length, 0x61616161)
    const at = items.at(ref)
    items.memory.words[0][at + Word.META] = length
    items.memory.words[0][at + KEY_AT + 1] = -1
    items.table.insert(ref)
    const masked = length > 4 ? [0x61616161, (1 << 8 * (length - 4)) - 1] : [0x61616161 >> 0, 0]
    const whole = Int32Array.from(masked)
    expect(items.table.find(length, whole, 0, length)).toBe(ref)
    const last = length >>> 2
    whole[last] ^= 0x80 << 8 * ((length & 3) - 1)
    expect(items.table.find(length, whole, 0, length)).toBe(0)
    whole[last] ^= 0x80 << 8 * ((length & 3) - 1) ^ 1 << 8 * (length & 3)
    expect(items.table.find(length, whole, 0, length)).toBe(ref)
  }
})

test('items go from a bucket, and are replaced, at its head, in its midst and at its end', () => {
  for (const victim of [0, 1, 2]) {
    const items = new Items(1)
    const refs = [1, 2, 3].map(key => items.insert(9, key))
    const other = items.make(9, 10 + victim)
    items.table.replace(refs[victim], other)
    expect(items.find(9, victim + 1)).toBe(0)
    expect(items.find(9, 10 + victim)).toBe(other)
    expect(items.table.has(9, refs[victim])).toBe(false)
    expect(items.table.remove(other)).toBe(true)
    expect(items.table.remove(other)).toBe(false)
    for (const rest of [0, 1, 2].filter(i => i !== victim)) {
      expect(items.find(9, rest + 1)).toBe(refs[rest])
    }
  }
})

test('every item is found at every size, and its stripe never changes', () => {
  const items = new Items(20)
  const { table } = items
  const count = 100_000
  const refs = Array.from({ length: count }, (_, i) => items.insert(hashOf(i), i))
  const check = (step: number) => {
    for (let i = 0; i < count; i += step) {
      if (items.find(hashOf(i), i) !== refs[i]) throw new Error(`${i} is lost at ${table.used}`)
    }
  }
  check(1)
  while (table.used < 2 * FIRST_BUCKETS + 10_000) {
    const { used, next } = table
    // The bucket that is split and the one it makes share every bit that a stripe can have.
    if ((used ^ next) % FIRST_BUCKETS !== 0) throw new Error(`${used} is split off ${next}`)
    table.split()
    if (table.used !== used + 1) throw new Error(`after ${used} come ${table.used}`)
    if (used % 1009 === 0) check(1013)
    if (used === 2 * FIRST_BUCKETS) check(1)
  }
  check(1)
  expect(items.find(hashOf(count), count)).toBe(0)
})

test('the memory of new buckets is seen to before they are needed', () => {
  const { table } = new Items(64)
  const touched = new Set<number>()
  const or = jest.spyOn(Atomics, 'or')
  while (table.used < FIRST_BUCKETS + 50_000) {
    table.prepare()
    touched.add(or.mock.lastCall![1] >>> 10)
    const splits = 1 + table.used % MOST_SPLITS
    for (let i = 0; i < splits; i++) {
      const { used } = table
      table.split()
      if (!touched.has(used >>> 10)) throw new Error(`nobody saw to bucket ${used}`)
    }
  }
  or.mockRestore()
  expect(touched.size).toBeLessThan(52)
})

test('a table grows no further than the memory can need', () => {
  const items = new Items(1)
  expect(items.table.canGrow()).toBe(false)
  const larger = new Table(Table.reserve(64 << 20), items.memory)
  expect(larger.canGrow()).toBe(true)
})

test('a table may begin with another number of buckets, and stay as it is', () => {
  const buckets = (...how: Parameters<typeof Table.reserve>) => {
    const { used, buckets } = Table.reserve(...how)
    return [new Int32Array(used)[0], buckets.byteLength / 4]
  }
  expect(buckets(64 << 20)).toEqual([65_536, Math.ceil((64 << 20) / 56)])
  expect(buckets(64 << 20, 4096)).toEqual([4096, Math.ceil((64 << 20) / 56)])
  expect(buckets(64 << 20, 2 ** 22)).toEqual([2 ** 22, 2 ** 22])
  expect(buckets(64 << 20, 4096, false)).toEqual([4096, 4096])
})
