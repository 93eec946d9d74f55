import assert from 'node:assert/strict'
import { Arithmetic, Status, Store } from '@memplug/engine'
import type { Kit } from '../kit.js'
import { MAX_INT32 } from './check.js'
import type { Check } from './check.js'
import { counts } from './counting.js'
import { joins } from './storing.js'

async function touches (kit: Kit): Promise<boolean> {
  const { status } = await kit.touch('touches?', 0)
  if (status === Status.NOT_SUPPORTED) return false
  kit.is(status, Status.NOT_FOUND)
  return true
}

export const expiring: Check[] = [
  {
    name: 'an item is there until its time and gone from then on',
    async run (kit) {
      kit.is(await kit.put('a', 'x', { expires: kit.now + 10 }))
      kit.is(await kit.put('b', 'y', { expires: kit.now + 11 }))
      kit.is(await kit.put('c', 'z'))
      await kit.travel(9)
      assert.equal((await kit.has('a', 'x')).expires, kit.now + 1)
      await kit.travel(1)
      await kit.hasNot('a')
      await kit.has('b', 'y')
      await kit.travel(1_000_000)
      await kit.hasNot('b')
      await kit.has('c', 'z')
    }
  },
  {
    name: 'an expiry in the past is stored, and gone at once',
    async run (kit) {
      await kit.travel(100)
      for (const expires of [1, -1, kit.now - 1, kit.now, 1 << 31]) {
        kit.is(await kit.put('a', 'old'))
        kit.is(await kit.put('a', 'new', { expires }))
        await kit.hasNot('a')
        kit.is(await kit.put('a', 'x', { mode: Store.ADD, expires }))
        await kit.hasNot('a')
      }
    }
  },
  {
    name: 'the last second of the clock is a time like any other',
    async run (kit) {
      kit.is(await kit.put('a', 'x', { expires: MAX_INT32 }))
      assert.equal((await kit.has('a', 'x')).expires, MAX_INT32)
    }
  },
  {
    name: 'to every function an expired item is as good as none',
    async run (kit) {
      const joined = await joins(kit)
      const counted = await counts(kit)
      const touched = await touches(kit)
      const keys = ['get', 'remove', 'touch', 'count', 'replace', 'append', 'prepend', 'add']
      for (const key of keys) kit.is(await kit.put(key, '5', { expires: kit.now + 5, flags: 9 }))
      await kit.travel(5)
      await kit.hasNot('get')
      kit.is(await kit.remove('remove'), Status.NOT_FOUND)
      if (touched) kit.is(await kit.touch('touch', 0), Status.NOT_FOUND)
      if (counted) kit.is(await kit.arithmetic('count', 1), Status.NOT_FOUND)
      kit.is(await kit.put('replace', 'x', { mode: Store.REPLACE }), Status.NOT_STORED)
      if (joined) {
        kit.is(await kit.put('append', 'x', { mode: Store.APPEND }), Status.NOT_STORED)
        kit.is(await kit.put('prepend', 'x', { mode: Store.PREPEND }), Status.NOT_STORED)
      }
      kit.is(await kit.put('add', 'new', { mode: Store.ADD }))
      assert.equal((await kit.has('add', 'new')).flags, 0)
      for (const key of keys.slice(0, -1)) await kit.hasNot(key)
    }
  },
  {
    name: 'arithmetic that creates begins anew after the expiry',
    async run (kit) {
      if (!await counts(kit)) return
      kit.is(await kit.put('n', '5', { expires: kit.now + 5 }))
      await kit.travel(5)
      const told = await kit.arithmetic('n', 1, { mode: Arithmetic.CREATE, initialLow: 30 })
      kit.is(told)
      assert.equal(told.result, 30n)
    }
  },
  {
    name: 'touch moves the expiry and tells the item',
    async run (kit) {
      if (!await touches(kit)) return
      kit.is(await kit.put('a', 'x', { expires: kit.now + 10, flags: 7 }))
      const told = await kit.touch('a', kit.now + 100)
      kit.is(told)
      assert.deepEqual([told.text, told.flags, told.expires], ['x', 7, kit.now + 100])
      await kit.travel(50)
      assert.deepEqual((await kit.has('a', 'x')).expires, kit.now + 50)
      assert.equal((await kit.touch('a', 0)).expires, 0)
      await kit.travel(1000)
      await kit.has('a', 'x')
      kit.is(await kit.touch('a', kit.now + 5))
      await kit.travel(5)
      kit.is(await kit.touch('a', 0), Status.NOT_FOUND)
      await kit.hasNot('a')
    }
  },
  {
    name: 'a touch into the past ends the item',
    async run (kit) {
      if (!await touches(kit)) return
      kit.is(await kit.put('a', 'x'))
      kit.is(await kit.touch('a', 1))
      await kit.hasNot('a')
      kit.is(await kit.put('a', 'y', { mode: Store.ADD }))
    }
  }
]
