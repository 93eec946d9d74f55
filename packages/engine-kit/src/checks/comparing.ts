import assert from 'node:assert/strict'
import { Status, Store } from '@memplug/engine'
import type { Cas, Kit } from '../kit.js'
import type { Check } from './check.js'
import { counts } from './counting.js'
import { joins } from './storing.js'

const casOf = async (kit: Kit, key: string): Promise<Cas> => (await kit.get(key)).cas

/** Values near to a cas that are not it: each half alone must count. */
const near = ({ casLow, casHigh }: Cas): Cas[] => [
  { casLow: 0, casHigh: 0 },
  { casLow: (casLow + 1) | 0, casHigh },
  { casLow: (casLow - 1) | 0, casHigh },
  { casLow, casHigh: (casHigh + 1) | 0 },
  { casLow: casHigh, casHigh: casLow === casHigh ? casLow + 1 : casLow }
]

export const comparing: Check[] = [
  {
    name: 'a store tells the cas that a get tells after it, and each store a new one',
    needs: ['cas'],
    async run (kit) {
      const seen = new Set<string>()
      for (const mode of [Store.SET, Store.SET, Store.REPLACE, Store.SET]) {
        const stored = await kit.put('a', 'x', { mode })
        kit.is(stored, seen.size === 0 && mode !== Store.SET ? Status.NOT_STORED : Status.SUCCESS)
        assert.deepEqual(await casOf(kit, 'a'), stored.cas)
        assert.deepEqual(await casOf(kit, 'a'), stored.cas, 'the second get')
        seen.add(JSON.stringify(stored.cas))
      }
      assert.equal(seen.size, 4)
    }
  },
  {
    name: 'a comparing SET stores only if the cas is the same, both halves of it',
    needs: ['cas'],
    async run (kit) {
      kit.is(await kit.put('a', 'x', { compare: true, casLow: 1 }), Status.NOT_FOUND)
      await kit.hasNot('a')
      kit.is(await kit.put('a', 'one', { flags: 1 }))
      const cas = await casOf(kit, 'a')
      for (const other of near(cas)) {
        kit.is(await kit.put('a', 'x', { compare: true, ...other }), Status.EXISTS)
      }
      assert.equal((await kit.has('a', 'one')).flags, 1)
      const told = await kit.put('a', 'two', { compare: true, ...cas })
      kit.is(told)
      assert.notDeepEqual(told.cas, cas)
      kit.is(await kit.put('a', 'six', { compare: true, ...cas }), Status.EXISTS)
      await kit.has('a', 'two')
    }
  },
  {
    name: 'a cas of an item that was removed, or expired, does not store',
    needs: ['cas'],
    async run (kit) {
      kit.is(await kit.put('a', 'x'))
      const removed = await casOf(kit, 'a')
      kit.is(await kit.remove('a'))
      kit.is(await kit.put('a', 'y', { compare: true, ...removed }), Status.NOT_FOUND)
      kit.is(await kit.put('a', 'x', { expires: kit.now + 5 }))
      const expired = await casOf(kit, 'a')
      assert.notDeepEqual(expired, removed)
      await kit.travel(5)
      kit.is(await kit.put('a', 'y', { compare: true, ...expired }), Status.NOT_FOUND)
      await kit.hasNot('a')
    }
  },
  {
    name: 'a comparing REPLACE, APPEND and PREPEND heed the cas as well as their kind',
    needs: ['cas'],
    async run (kit) {
      const joined = await joins(kit)
      kit.is(await kit.put('a', 'x'))
      const modes = joined ? [Store.REPLACE, Store.APPEND, Store.PREPEND] : [Store.REPLACE]
      for (const mode of modes) {
        const cas = await casOf(kit, 'a')
        const [wrong] = near(cas).slice(1)
        kit.is(await kit.put('a', 'y', { mode, compare: true, ...wrong }), Status.EXISTS)
        kit.is(await kit.put('a', 'y', { mode, compare: true, ...cas }))
        kit.is(await kit.put('a', 'y', { mode, compare: true, ...cas }), Status.EXISTS)
      }
      await kit.has('a', joined ? 'yyy' : 'y')
    }
  },
  {
    name: 'a comparing remove heeds the cas',
    needs: ['cas'],
    async run (kit) {
      kit.is(await kit.remove('a', { compare: true, casLow: 1 }), Status.NOT_FOUND)
      kit.is(await kit.put('a', 'x'))
      const cas = await casOf(kit, 'a')
      for (const other of near(cas)) {
        kit.is(await kit.remove('a', { compare: true, ...other }), Status.EXISTS)
      }
      await kit.has('a', 'x')
      kit.is(await kit.remove('a', { compare: true, ...cas }))
      await kit.hasNot('a')
    }
  },
  {
    name: 'comparing arithmetic heeds the cas, and changes it',
    needs: ['cas'],
    async run (kit) {
      if (!await counts(kit)) return
      kit.is(await kit.put('n', '5'))
      const cas = await casOf(kit, 'n')
      for (const other of near(cas)) {
        kit.is(await kit.arithmetic('n', 1, { compare: true, ...other }), Status.EXISTS)
      }
      const told = await kit.arithmetic('n', 1, { compare: true, ...cas })
      kit.is(told)
      assert.equal(told.result, 6n)
      assert.notDeepEqual(told.cas, cas)
      assert.deepEqual(await casOf(kit, 'n'), told.cas)
      kit.is(await kit.arithmetic('n', 1, { compare: true, ...cas }), Status.EXISTS)
    }
  },
  {
    name: 'touch leaves the cas as it is',
    needs: ['cas'],
    async run (kit) {
      const { cas } = await kit.put('a', 'x')
      const told = await kit.touch('a', kit.now + 100)
      if (told.status !== Status.NOT_SUPPORTED) assert.deepEqual(told.cas, cas)
      assert.deepEqual(await casOf(kit, 'a'), cas)
    }
  },
  {
    name: 'of many comparing stores with one cas exactly one wins',
    needs: ['cas'],
    async run (kit) {
      kit.is(await kit.put('a', 'x'))
      const cas = await casOf(kit, 'a')
      const answers = await Promise.all(Array.from({ length: 20 }, (_, i) =>
        kit.put('a', `by ${i}`, { compare: true, ...cas })))
      const winners = answers.filter(told => told.status === Status.SUCCESS)
      assert.equal(winners.length, 1)
      for (const told of answers) if (told !== winners[0]) kit.is(told, Status.EXISTS)
    }
  }
]
