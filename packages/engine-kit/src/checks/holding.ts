import assert from 'node:assert/strict'
import { Status, Store } from '@memplug/engine'
import type { Op } from '@memplug/engine'
import { heldText } from '../kit.js'
import type { Check } from './check.js'
import { counts } from './counting.js'
import { joins } from './storing.js'

export const holding: Check[] = [
  {
    name: 'a held value stays while its key is stored anew, again and again',
    async run (kit) {
      kit.is(await kit.put('a', 'first'))
      const held = await kit.hold('a')
      for (let i = 0; i < 100; i++) kit.is(await kit.put('a', `${i}`.padStart(5, '.')))
      assert.equal(heldText(held), 'first')
      kit.release(held)
      await kit.has('a', '...99')
    }
  },
  {
    name: 'a held value stays while its key is removed, flushed away, or expires',
    async run (kit) {
      const held: Op[] = []
      for (const key of ['a', 'b', 'c']) {
        kit.is(await kit.put(key, `of ${key}`, { expires: kit.now + 10 }))
        held.push(await kit.hold(key))
      }
      kit.is(await kit.remove('a'))
      await kit.travel(10)
      await kit.hasNot('b')
      await kit.flush()
      for (let i = 0; i < 50; i++) kit.is(await kit.put(`other ${i}`, 'xxxx'))
      assert.deepEqual(held.map(heldText), ['of a', 'of b', 'of c'])
      held.forEach(op => kit.release(op))
      for (const key of ['a', 'b', 'c']) await kit.hasNot(key)
    }
  },
  {
    name: 'a held value stays while its key is joined to and counted on',
    async run (kit) {
      kit.is(await kit.put('n', '10'))
      const held = await kit.hold('n')
      if (await counts(kit)) {
        for (let i = 0; i < 5; i++) kit.is(await kit.arithmetic('n', 1))
        kit.is(await kit.arithmetic('n', 1000))
      }
      if (await joins(kit)) {
        kit.is(await kit.put('n', '7', { mode: Store.APPEND }))
        kit.is(await kit.put('n', '7', { mode: Store.PREPEND }))
      }
      assert.equal(heldText(held), '10')
      kit.release(held)
    }
  },
  {
    name: 'what arithmetic and touch hold stays as well',
    async run (kit) {
      kit.is(await kit.put('n', '10', { flags: 1 }))
      const touched = kit.op('n', 'touch', { expires: kit.now + 100 })
      const status = await kit.engine.touch(touched)
      const counted = kit.op('n', 'arithmetic', { deltaLow: 1 })
      const countStatus = await kit.engine.arithmetic(counted)
      for (let i = 0; i < 5; i++) await kit.arithmetic('n', 1)
      kit.is(await kit.put('n', '99'))
      if (status === Status.SUCCESS) {
        assert.equal(heldText(touched), '10')
        kit.release(touched)
      }
      if (countStatus === Status.SUCCESS) {
        assert.equal(heldText(counted).trimEnd(), '11')
        kit.release(counted)
      }
      await kit.has('n', '99')
    }
  },
  {
    name: 'two holds on one item end one by one',
    async run (kit) {
      kit.is(await kit.put('a', 'first'))
      const one = await kit.hold('a')
      const two = await kit.hold('a')
      kit.is(await kit.remove('a'))
      kit.release(one)
      for (let i = 0; i < 50; i++) kit.is(await kit.put(`other ${i}`, 'xxxxx'))
      assert.equal(heldText(two), 'first')
      kit.release(two)
    }
  },
  {
    name: 'the end of an old hold does the new item no harm',
    async run (kit) {
      kit.is(await kit.put('a', 'first'))
      const held = await kit.hold('a')
      kit.is(await kit.remove('a'))
      kit.is(await kit.put('a', 'second'))
      kit.release(held)
      await kit.has('a', 'second')
      for (let i = 0; i < 50; i++) kit.is(await kit.put(`other ${i}`, 'xxxxxx'))
      await kit.has('a', 'second')
    }
  },
  {
    name: 'a store keeps the hold of what was allocated, whatever it answers',
    async run (kit) {
      kit.is(await kit.put('there', 'old'))
      const stored = kit.allocate('a', 'stored')
      const refused = kit.allocate('there', 'refused')
      kit.is(await kit.store(stored.op))
      kit.is(await kit.store(refused.op, { mode: Store.ADD }), Status.NOT_STORED)
      kit.is(await kit.remove('a'))
      for (let i = 0; i < 50; i++) kit.is(await kit.put(`other ${i}`, 'xxxxxxx'))
      assert.equal(heldText(stored.op), 'stored')
      assert.equal(heldText(refused.op), 'refused')
      kit.release(stored.op)
      kit.release(refused.op)
      await kit.has('there', 'old')
    }
  },
  {
    name: 'rooms that are allocated at the same time do not overlap',
    async run (kit) {
      const all = Array.from({ length: 100 }, (_, i) => kit.allocate(`k${i}`, `value ${i}`))
      for (const [i, { op, status }] of all.entries()) {
        kit.is(status)
        assert.equal(heldText(op), `value ${i}`)
      }
      for (const { op } of all) kit.is(await kit.store(op))
      for (const { op } of all) kit.release(op)
      for (const i of all.keys()) await kit.has(`k${i}`, `value ${i}`)
    }
  },
  {
    name: 'what was allocated before a flush can be stored after it',
    async run (kit) {
      const { op, status } = kit.allocate('a', 'value')
      kit.is(status)
      await kit.flush()
      assert.equal(heldText(op), 'value')
      kit.is(await kit.store(op))
      kit.release(op)
      await kit.has('a', 'value')
    }
  },
  {
    name: 'the gets of one multiget, all issued before any is awaited',
    async run (kit) {
      for (let i = 0; i < 100; i += 2) kit.is(await kit.put(`k${i}`, `value ${i}`, { flags: i }))
      const ops = Array.from({ length: 200 }, (_, i) => kit.op(`k${i % 100}`, 'get'))
      const answers = await Promise.all(ops.map(async op => await kit.engine.get(op)))
      for (const [i, op] of ops.entries()) {
        if (answers[i] === Status.TEMPORARY_FAILURE) continue
        kit.is(answers[i], i % 2 === 0 ? Status.SUCCESS : Status.NOT_FOUND)
        if (i % 2 === 1) continue
        assert.deepEqual([heldText(op), op.itemFlags], [`value ${i % 100}`, i % 100])
      }
      for (const [i, op] of [...ops.entries()].reverse()) {
        if (answers[i] === Status.SUCCESS) kit.release(op)
      }
      await kit.has('k0', 'value 0')
    }
  }
]
