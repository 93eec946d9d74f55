import assert from 'node:assert/strict'
import { Status, Store } from '@memplug/engine'
import type { Kit } from '../kit.js'
import type { Check } from './check.js'
import { largest, pattern } from './values.js'

/** Whether the engine joins values at all; if not, it must never do so. */
export async function joins (kit: Kit): Promise<boolean> {
  const { status } = await kit.put('joins?', 'x', { mode: Store.APPEND })
  if (status === Status.NOT_SUPPORTED) return false
  kit.is(status, Status.NOT_STORED)
  return true
}

export const storing: Check[] = [
  {
    name: 'ADD stores only what is not there',
    async run (kit) {
      kit.is(await kit.put('a', 'one', { mode: Store.ADD, flags: 7 }))
      kit.is(await kit.put('a', 'two', { mode: Store.ADD, flags: 8 }), Status.NOT_STORED)
      assert.equal((await kit.has('a', 'one')).flags, 7)
      kit.is(await kit.remove('a'))
      kit.is(await kit.put('a', 'six', { mode: Store.ADD }))
      await kit.has('a', 'six')
    }
  },
  {
    name: 'REPLACE stores only over what is there',
    async run (kit) {
      kit.is(await kit.put('a', 'one', { mode: Store.REPLACE }), Status.NOT_STORED)
      await kit.hasNot('a')
      kit.is(await kit.put('a', 'two', { flags: 7, expires: kit.now + 10 }))
      kit.is(await kit.put('a', 'six', { mode: Store.REPLACE, flags: 8 }))
      const told = await kit.has('a', 'six')
      assert.equal(told.flags, 8)
      assert.equal(told.expires, 0)
    }
  },
  {
    name: 'APPEND and PREPEND join, and keep the old flags and expiry',
    async run (kit) {
      const expires = kit.now + 100
      kit.is(await kit.put('a', 'one', { flags: 7, expires }))
      const joined = await joins(kit)
      const wanted = joined ? Status.SUCCESS : Status.NOT_SUPPORTED
      kit.is(await kit.put('a', '>', { mode: Store.APPEND, flags: 9, expires: 1 }), wanted)
      kit.is(await kit.put('a', '<', { mode: Store.PREPEND, flags: 9 }), wanted)
      const told = await kit.has('a', joined ? '<one>' : 'one')
      assert.equal(told.flags, 7)
      assert.equal(told.expires, expires)
      await kit.travel(100)
      await kit.hasNot('a')
    }
  },
  {
    name: 'APPEND and PREPEND store nothing where nothing is',
    async run (kit) {
      if (!await joins(kit)) return
      kit.is(await kit.put('a', 'x', { mode: Store.APPEND }), Status.NOT_STORED)
      kit.is(await kit.put('a', 'x', { mode: Store.PREPEND }), Status.NOT_STORED)
      await kit.hasNot('a')
      kit.is(await kit.put('a', 'x', { expires: kit.now + 10 }))
      await kit.travel(10)
      kit.is(await kit.put('a', 'x', { mode: Store.APPEND }), Status.NOT_STORED)
      kit.is(await kit.put('a', 'x', { mode: Store.PREPEND }), Status.NOT_STORED)
    }
  },
  {
    name: 'APPEND and PREPEND join empty and binary values, again and again',
    async run (kit) {
      if (!await joins(kit)) return
      let wanted = Buffer.alloc(0)
      kit.is(await kit.put('a', wanted))
      for (const size of [0, 1, 0, 255, 3, 1000, 64, 5000, 1]) {
        const part = pattern(size, size)
        kit.is(await kit.put('a', part, { mode: Store.APPEND }))
        kit.is(await kit.put('a', part, { mode: Store.PREPEND }))
        wanted = Buffer.concat([part, wanted, part])
        await kit.has('a', wanted)
      }
    }
  },
  {
    name: 'a join that would be too large is TOO_LARGE and leaves the old value',
    async run (kit) {
      if (!await joins(kit)) return
      const room = largest(kit, 1)
      if (room > kit.host.settings.memoryLimit) return
      const half = pattern(Math.floor(room / 2) + 1, 1)
      kit.is(await kit.put('a', half, { flags: 3 }))
      kit.is(await kit.put('a', half, { mode: Store.APPEND }), Status.TOO_LARGE)
      kit.is(await kit.put('a', half, { mode: Store.PREPEND }), Status.TOO_LARGE)
      assert.equal((await kit.has('a', half)).flags, 3)
    }
  },
  {
    name: 'what is only allocated is not there, before release and after',
    async run (kit) {
      const { op, status } = kit.allocate('a', 'x')
      kit.is(status)
      await kit.hasNot('a')
      kit.release(op)
      await kit.hasNot('a')
      kit.is(await kit.put('a', 'old', { flags: 1 }))
      const other = kit.allocate('a', 'new', { flags: 2 })
      kit.is(other.status)
      assert.equal((await kit.has('a', 'old')).flags, 1)
      kit.release(other.op)
      assert.equal((await kit.has('a', 'old')).flags, 1)
    }
  },
  {
    name: 'of two allocations for one key the one stored last stays',
    async run (kit) {
      const first = kit.allocate('a', 'first', { flags: 1 })
      const second = kit.allocate('a', 'second', { flags: 2 })
      kit.is(first.status)
      kit.is(second.status)
      kit.is(await kit.store(second.op, { flags: 2 }))
      await kit.has('a', 'second')
      kit.is(await kit.store(first.op, { flags: 1 }))
      kit.release(second.op)
      kit.release(first.op)
      assert.equal((await kit.has('a', 'first')).flags, 1)
    }
  }
]
