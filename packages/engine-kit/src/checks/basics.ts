import assert from 'node:assert/strict'
import { API_VERSION, Status } from '@memplug/engine'
import { Kit } from '../kit.js'
import type { Check } from './check.js'

const FEATURES = ['cas', 'lru', 'persistent', 'shared', 'async', 'meta', 'scan', 'admin',
  'foresight', 'restart']

export const basics: Check[] = [
  {
    name: 'getInfo is constant, before initialize and after, and names what the API knows',
    run ({ engine }, { create }) {
      const info = engine.getInfo()
      assert.equal(info.apiVersion, API_VERSION)
      assert.deepEqual(info, engine.inner.getInfo())
      assert.deepEqual(create().getInfo(), engine.inner.getInfo())
      for (const feature of info.features) assert.ok(FEATURES.includes(feature), feature)
      for (const text of [info.name, info.version]) assert.match(text, /^[\x21-\x7e]+$/)
      return Promise.resolve()
    }
  },
  {
    name: 'initialize refuses a config it does not know, by name',
    async run (kit, context) {
      await kit.stop()
      const wrong = { 'no-such-config': 'at all' }
      const other = new Kit(context.create(), { ...context, config: wrong })
      await assert.rejects(other.start(), /no-such-config/)
      await kit.start()
    }
  },
  {
    name: 'items are gone when the engine is destroyed and initialized again',
    lacks: ['persistent'],
    async run (kit) {
      kit.is(await kit.put('a', 'x'))
      await kit.stop()
      await kit.start()
      await kit.hasNot('a')
      kit.is(await kit.put('a', 'y'))
      await kit.has('a', 'y')
    }
  },
  {
    name: 'items are still there when the engine is destroyed and initialized again',
    needs: ['persistent'],
    async run (kit) {
      const expires = kit.now + 100
      kit.is(await kit.put('a', 'x', { flags: 7, expires }))
      kit.is(await kit.put('empty', '', { flags: -1 }))
      kit.is(await kit.put('gone', 'x'))
      kit.is(await kit.remove('gone'))
      const { cas } = await kit.get('a')
      await kit.stop()
      await kit.start()
      const told = await kit.has('a', 'x')
      assert.equal(told.flags, 7)
      assert.equal(told.expires, expires)
      assert.equal((await kit.has('empty', '')).flags, -1)
      await kit.hasNot('gone')
      if (kit.hasCas) kit.is(await kit.put('a', 'y', { compare: true, ...cas, expires }))
      await kit.travel(100)
      await kit.hasNot('a')
    }
  },
  {
    name: 'getStats tells names and values of the groups it knows, and of others NOT_FOUND',
    async run (kit) {
      kit.is(await kit.put('a', 'x'))
      for (const group of ['', 'items', 'slabs', 'sizes', 'reset']) {
        const told: Array<[string, string | number]> = []
        const status = await kit.engine.getStats(group, (name, value) => told.push([name, value]))
        if (group === '' || group === 'reset') kit.is(status, Status.SUCCESS, group)
        if (group === 'reset') assert.deepEqual(told, [], 'reset tells nothing')
        for (const [name, value] of told) {
          assert.match(name, /^[\x21-\x7e]+$/, 'a name without spaces')
          assert.match(typeof value, /^(string|number)$/, name)
          assert.doesNotMatch(String(value), /^(undefined|null|NaN|.*[\r\n].*)?$/, name)
        }
      }
      const told: string[] = []
      kit.is(await kit.engine.getStats('no such group', name => told.push(name)), Status.NOT_FOUND)
      assert.deepEqual(told, [])
      await kit.has('a', 'x')
    }
  },
  {
    name: 'flush empties the store',
    async run (kit) {
      const keys = Array.from({ length: 100 }, (_, i) => `k${i}`)
      for (const key of keys) kit.is(await kit.put(key, 'x'))
      const status = await kit.flush()
      if (status === Status.NOT_SUPPORTED) {
        for (const key of keys) await kit.has(key, 'x')
        return
      }
      kit.is(status)
      for (const key of keys) await kit.hasNot(key)
      kit.is(await kit.put('k1', 'y'))
      await kit.has('k1', 'y')
      kit.is(await kit.flush())
      kit.is(await kit.flush(), Status.SUCCESS, 'of an empty store')
    }
  },
  {
    name: 'remove removes, once',
    async run (kit) {
      kit.is(await kit.remove('a'), Status.NOT_FOUND)
      kit.is(await kit.put('a', 'x'))
      kit.is(await kit.put('b', 'y'))
      kit.is(await kit.remove('a'))
      kit.is(await kit.remove('a'), Status.NOT_FOUND)
      await kit.hasNot('a')
      await kit.has('b', 'y')
      kit.is(await kit.put('a', 'z'))
      await kit.has('a', 'z')
    }
  }
]
