import assert from 'node:assert/strict'
import { Get, Status, Store } from '@memplug/engine'
import type { Feature } from '@memplug/engine'
import { heldText } from '../kit.js'
import type { Kit } from '../kit.js'
import { MEGABYTE } from './check.js'
import type { Check } from './check.js'
import { joins } from './storing.js'
import { pattern } from './values.js'

const lru: Feature[] = ['lru']
/** Little, so that it is soon filled. */
const settings = { memoryLimit: 16 * MEGABYTE }
const SIZE = 20_000
/** Longer than any engine may put off a bump of the LRU. */
const LONG = 120

const keyAt = (i: number): string => `key ${i}`

/** How many values of SIZE are `times` as much as the memory. */
const countFor = (kit: Kit, times: number): number =>
  Math.ceil(kit.host.settings.memoryLimit * times / SIZE)

/** Stores values until they are enough, or one is refused; answers how many there are. */
async function fill (kit: Kit, times: number): Promise<number> {
  const count = countFor(kit, times)
  for (let i = 0; i < count; i++) {
    const { status } = await kit.put(keyAt(i), pattern(SIZE, i))
    if (status === Status.SUCCESS) continue
    kit.is(status, Status.NO_MEMORY)
    return i
  }
  return count
}

/** Does something that takes and gives back room, twice as much as there is. */
async function churn (kit: Kit, step: (value: Buffer) => Promise<void>): Promise<void> {
  const value = pattern(200_000, 1)
  const times = Math.ceil(kit.host.settings.memoryLimit * 2 / value.length)
  for (let i = 0; i < times; i++) await step(value)
}

async function assertAllThere (kit: Kit, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await kit.has(keyAt(i), pattern(SIZE, i))
}

export const filling: Check[] = [
  {
    name: 'a full engine evicts: every store succeeds, the first keys go, the last ones stay',
    needs: lru,
    settings,
    async run (kit) {
      const count = countFor(kit, 2)
      assert.equal(await fill(kit, 2), count)
      for (let i = 0; i < 20; i++) await kit.hasNot(keyAt(i))
      for (let i = count - 20; i < count; i++) await kit.has(keyAt(i), pattern(SIZE, i))
    }
  },
  {
    name: 'what is used outlives what is not, and what is only peeked at',
    needs: lru,
    settings,
    async run (kit) {
      for (const key of ['used', 'unused', 'peeked']) kit.is(await kit.put(key, pattern(SIZE, 1)))
      const count = countFor(kit, 2)
      for (let i = 0; i < count; i++) {
        kit.is(await kit.put(keyAt(i), pattern(SIZE, i)))
        if (i % 20 !== 0) continue
        await kit.travel(LONG)
        await kit.has('used', pattern(SIZE, 1))
        await kit.get('peeked', { mode: Get.PEEK })
      }
      await kit.has('used', pattern(SIZE, 1))
      await kit.hasNot('unused')
      await kit.hasNot('peeked')
    }
  },
  {
    name: 'after small values large ones find room, and small ones again',
    needs: lru,
    settings,
    async run (kit) {
      for (const size of [4000, 200_000, 16_000]) {
        const count = Math.ceil(kit.host.settings.memoryLimit * 1.5 / size)
        const value = pattern(size, size)
        for (let i = 0; i < count; i++) kit.is(await kit.put(`${size} ${i}`, value))
        for (let i = count - 5; i < count; i++) await kit.has(`${size} ${i}`, value)
      }
    }
  },
  {
    name: 'a held value is not evicted from under its holder',
    needs: lru,
    settings,
    async run (kit) {
      kit.is(await kit.put('a', 'held value'))
      const held = await kit.hold('a')
      const { op, status } = kit.allocate('b', 'held room')
      kit.is(status)
      assert.equal(await fill(kit, 2), countFor(kit, 2))
      assert.equal(heldText(held), 'held value')
      assert.equal(heldText(op), 'held room')
      kit.release(held)
      kit.is(await kit.store(op))
      kit.release(op)
      await kit.has('b', 'held room')
    }
  },
  {
    name: 'without evictions a full engine answers NO_MEMORY and keeps all it has',
    needs: lru,
    settings: { ...settings, evictions: false },
    async run (kit) {
      const count = await fill(kit, 2)
      assert.ok(count < countFor(kit, 2), 'NO_MEMORY was never answered')
      assert.ok(count >= countFor(kit, 0.5), `only ${count} values of ${SIZE} bytes were stored`)
      await assertAllThere(kit, count)
      kit.is(await kit.remove(keyAt(0)))
      kit.is(await kit.put('anew', pattern(SIZE, 7)), Status.SUCCESS, 'after a remove')
      await kit.has('anew', pattern(SIZE, 7))
    }
  },
  {
    name: 'without evictions what has expired makes room',
    needs: lru,
    settings: { ...settings, evictions: false },
    async run (kit) {
      const expires = kit.now + 10
      for (let i = 0; i < countFor(kit, 0.5); i++) {
        kit.is(await kit.put(`old ${i}`, pattern(SIZE, i), { expires }))
      }
      await kit.travel(10)
      for (let i = 0; i < countFor(kit, 0.5); i++) {
        kit.is(await kit.put(`new ${i}`, pattern(SIZE, i)))
      }
    }
  },
  {
    name: 'an engine that does not evict keeps all it took, and may answer NO_MEMORY',
    lacks: lru,
    settings,
    async run (kit) {
      const count = await fill(kit, 2)
      assert.ok(count > 0)
      await assertAllThere(kit, count)
    }
  },
  {
    name: 'what is allocated and released, or refused by store, takes no room for good',
    settings,
    async run (kit) {
      kit.is(await kit.put('there', 'x'))
      const joined = await joins(kit)
      await churn(kit, async value => {
        const { op, status } = kit.allocate('a', value)
        kit.is(status, Status.SUCCESS, 'allocated and released')
        kit.release(op)
        kit.is(await kit.put('there', value, { mode: Store.ADD }), Status.NOT_STORED)
        kit.is(await kit.put('absent', value, { mode: Store.REPLACE }), Status.NOT_STORED)
        const append = joined && await kit.put('absent', value, { mode: Store.APPEND })
        if (append) kit.is(append, Status.NOT_STORED)
        const compare = { compare: true, casLow: 1, casHigh: 1 }
        if (kit.hasCas) kit.is(await kit.put('there', value, compare), Status.EXISTS)
        if (kit.hasCas) kit.is(await kit.put('absent', value, compare), Status.NOT_FOUND)
      })
      await kit.has('there', 'x')
    }
  },
  {
    name: 'what is replaced, removed, joined or counted on takes no room for good',
    settings: { ...settings, evictions: false },
    async run (kit) {
      const joined = await joins(kit)
      kit.is(await kit.put('n', '1'))
      await churn(kit, async value => {
        kit.is(await kit.put('replaced', value), Status.SUCCESS, 'replaced')
        kit.is(await kit.put('a', value), Status.SUCCESS, 'to be removed')
        if (joined) kit.is(await kit.put('a', 'x', { mode: Store.APPEND }))
        const held = await kit.hold('a')
        kit.is(await kit.remove('a'))
        kit.release(held)
        await kit.touch('replaced', 0)
        await kit.arithmetic('replaced', 1)
        await kit.arithmetic('n', 1_000_000_007)
      })
      kit.is(await kit.flush().then(status => status === Status.NOT_SUPPORTED ? 0 : status))
    }
  }
]
