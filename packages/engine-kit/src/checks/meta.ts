import assert from 'node:assert/strict'
import { Arithmetic, Get, Remove, State, Status, Store } from '@memplug/engine'
import type { Feature } from '@memplug/engine'
import { halves } from '../kit.js'
import type { Kit, Told } from '../kit.js'
import type { Check } from './check.js'
import { counts } from './counting.js'
import { joins } from './storing.js'

const { FETCHED, STALE, CLAIMED, WON } = State
const needs: Feature[] = ['meta']
const needsCas: Feature[] = ['meta', 'cas']
/** Longer than any engine may put off a note of the last access. */
const LONG = 100

const stateOf = (told: Told, bits: number): number => told.state & bits
const peek = (kit: Kit, key: string): Promise<Told> => kit.get(key, { mode: Get.PEEK })

/** A new cas of our own: less than the item's, the item's, or more. */
const casNumber = ({ cas }: Told): bigint =>
  BigInt.asUintN(64, BigInt(cas.casHigh) << 32n | BigInt(cas.casLow >>> 0))
const casOf = (number: bigint) => {
  const { newCasLow: casLow = 0, newCasHigh: casHigh = 0 } = halves('newCas', number)
  return { casLow, casHigh }
}

export const accesses: Check[] = [
  {
    name: 'a get tells whether the item was got before, and when it was last used',
    needs,
    async run (kit) {
      kit.is(await kit.put('a', 'x'))
      const times = [kit.now]
      for (const fetched of [0, FETCHED, FETCHED]) {
        await kit.travel(LONG)
        const told = await kit.get('a')
        assert.equal(stateOf(told, FETCHED), fetched)
        assert.equal(told.used, times.at(-1))
        times.push(kit.now)
      }
      await kit.travel(LONG)
      kit.is(await kit.put('a', 'y'))
      const told = await kit.get('a')
      assert.deepEqual([stateOf(told, FETCHED), told.used], [0, kit.now], 'stored anew')
    }
  },
  {
    name: 'a PEEK leaves no trace',
    needs,
    async run (kit) {
      kit.is(await kit.put('a', 'x'))
      const stored = kit.now
      for (let i = 0; i < 3; i++) {
        await kit.travel(LONG)
        const told = await peek(kit, 'a')
        assert.deepEqual([told.text, stateOf(told, FETCHED), told.used], ['x', 0, stored])
      }
    }
  },
  {
    name: 'to touch and to count is a use as well',
    needs,
    async run (kit) {
      kit.is(await kit.put('touched', '1'))
      kit.is(await kit.put('counted', '1'))
      await kit.travel(LONG)
      const told = await kit.touch('touched', 0)
      if (told.status !== Status.NOT_SUPPORTED) {
        assert.deepEqual([stateOf(told, FETCHED), told.used], [0, kit.now - LONG])
        const after = await peek(kit, 'touched')
        assert.deepEqual([stateOf(after, FETCHED), after.used], [FETCHED, kit.now])
      }
      if (!await counts(kit)) return
      kit.is(await kit.arithmetic('counted', 1))
      const after = await peek(kit, 'counted')
      assert.deepEqual([stateOf(after, FETCHED), after.used], [FETCHED, kit.now])
    }
  },
  {
    name: 'a get with TOUCH moves the expiry, and without it does not',
    needs,
    async run (kit) {
      kit.is(await kit.put('a', 'x', { expires: kit.now + 10 }))
      const expires = kit.now + 100
      const told = await kit.get('a', { mode: Get.TOUCH, expires })
      assert.deepEqual([told.text, told.expires], ['x', expires])
      await kit.travel(50)
      assert.equal((await kit.get('a')).expires, expires)
      await kit.travel(50)
      kit.is(await kit.get('a', { mode: Get.TOUCH, expires: 0 }), Status.NOT_FOUND)
    }
  },
  {
    name: 'arithmetic with TOUCH moves the expiry, and without it does not',
    needs,
    async run (kit) {
      if (!await counts(kit)) return
      kit.is(await kit.put('n', '9', { expires: kit.now + 10 }))
      const expires = kit.now + 100
      const told = await kit.arithmetic('n', 1, { mode: Arithmetic.TOUCH, expires })
      assert.deepEqual([told.result, told.expires], [10n, expires])
      assert.equal((await kit.arithmetic('n', 1)).expires, expires)
      await kit.travel(50)
      assert.equal((await kit.get('n')).text.trimEnd(), '11')
    }
  }
]

export const claims: Check[] = [
  {
    name: 'VIVIFY makes an empty item on a miss, which this get wins and no other',
    needs,
    async run (kit) {
      const asked = { mode: Get.VIVIFY, createExpires: kit.now + 30 }
      const first = await kit.get('a', asked)
      kit.is(first)
      assert.deepEqual([first.text, first.flags, first.expires], ['', 0, kit.now + 30])
      assert.equal(stateOf(first, CLAIMED | WON), CLAIMED | WON)
      for (const mode of [Get.VIVIFY, 0, Get.VIVIFY | Get.RECACHE]) {
        const told = await kit.get('a', { ...asked, mode, createExpires: 1, recache: kit.now + 99 })
        kit.is(told)
        assert.equal(stateOf(told, CLAIMED | WON), CLAIMED)
        assert.equal(told.expires, kit.now + 30)
      }
      kit.is(await kit.put('a', 'made'))
      assert.equal(stateOf(await kit.get('a', asked), CLAIMED | WON | STALE), 0)
      await kit.has('a', 'made')
    }
  },
  {
    name: 'what VIVIFY made expires at its own time, and can then be won again',
    needs,
    async run (kit) {
      kit.is(await kit.get('a', { mode: Get.VIVIFY, createExpires: kit.now + 30 }))
      await kit.travel(30)
      await kit.hasNot('a')
      const told = await kit.get('a', { mode: Get.VIVIFY, createExpires: 0 })
      assert.equal(stateOf(told, WON), WON)
      await kit.travel(1000)
      await kit.has('a', '')
    }
  },
  {
    name: 'of many VIVIFY gets at once exactly one wins',
    needs,
    async run (kit) {
      const told = await Promise.all(Array.from({ length: 20 }, () =>
        kit.get('a', { mode: Get.VIVIFY })))
      assert.equal(told.filter(each => stateOf(each, WON) === WON).length, 1)
      for (const each of told) assert.equal(stateOf(each, CLAIMED), CLAIMED)
    }
  },
  {
    name: 'RECACHE is won once, by a hit that expires before its time',
    needs,
    async run (kit) {
      const recache = { mode: Get.RECACHE, recache: kit.now + 30 }
      kit.is(await kit.put('never', 'x'))
      kit.is(await kit.put('later', 'x', { expires: kit.now + 30 }))
      kit.is(await kit.put('soon', 'x', { expires: kit.now + 29 }))
      for (const key of ['never', 'later']) {
        assert.equal(stateOf(await kit.get(key, recache), CLAIMED | WON), 0, key)
      }
      assert.equal(stateOf(await kit.get('soon'), CLAIMED | WON), 0, 'without RECACHE')
      const won = await kit.get('soon', recache)
      assert.deepEqual([won.text, stateOf(won, CLAIMED | WON)], ['x', CLAIMED | WON])
      assert.equal(stateOf(await kit.get('soon', recache), CLAIMED | WON), CLAIMED)
      assert.equal(stateOf(await kit.get('soon'), CLAIMED | WON), CLAIMED)
      kit.is(await kit.put('soon', 'x', { expires: kit.now + 29 }))
      assert.equal(stateOf(await kit.get('soon', recache), WON), WON, 'stored anew')
      kit.is(await kit.get('absent', recache), Status.NOT_FOUND)
      const always = { mode: Get.RECACHE, recache: -1 }
      assert.equal(stateOf(await kit.get('never', always), WON), WON, 'always')
      assert.equal(stateOf(await kit.get('never', always), WON), 0, 'always, but once')
    }
  },
  {
    name: 'a remove with STALE keeps the item, stale, with a new cas, to be won once',
    needs: needsCas,
    async run (kit) {
      const before = await kit.put('a', 'x', { flags: 7, expires: kit.now + 50 })
      kit.is(await kit.remove('absent', { mode: Remove.STALE }), Status.NOT_FOUND)
      kit.is(await kit.remove('a', { mode: Remove.STALE }))
      const told = await peek(kit, 'a')
      assert.deepEqual([told.text, told.flags, told.expires], ['x', 7, kit.now + 50])
      assert.equal(stateOf(told, STALE), STALE)
      assert.notDeepEqual(told.cas, before.cas)
      await assertWonOnce(kit, 'a')
      kit.is(await kit.remove('a', { mode: Remove.STALE }))
      await assertWonOnce(kit, 'a')
      kit.is(await kit.put('a', 'y'))
      assert.equal(stateOf(await kit.get('a'), STALE | CLAIMED | WON), 0)
    }
  },
  {
    name: 'a remove with STALE, EMPTY and TOUCH obeys each bit',
    needs,
    async run (kit) {
      const expires = kit.now + 50
      const asked = { flags: 7, expires: kit.now + 9 }
      kit.is(await kit.put('a', 'x', asked))
      kit.is(await kit.remove('a', { mode: Remove.EMPTY }))
      const { text, flags, expires: left, state } = await peek(kit, 'a')
      assert.deepEqual([text, flags, left, state & STALE], ['', 0, 0, 0])
      kit.is(await kit.put('a', 'x', asked))
      kit.is(await kit.remove('a', { mode: Remove.EMPTY | Remove.TOUCH, expires }))
      const touched = await peek(kit, 'a')
      assert.deepEqual([touched.text, touched.flags, touched.expires], ['', 0, expires])
      kit.is(await kit.put('a', 'x', asked))
      kit.is(await kit.remove('a', { mode: Remove.STALE | Remove.TOUCH, expires }))
      const stale = await peek(kit, 'a')
      assert.deepEqual([stale.text, stale.flags, stale.expires], ['x', 7, expires])
      kit.is(await kit.put('a', 'x', asked))
      kit.is(await kit.remove('a', { mode: Remove.STALE | Remove.EMPTY }))
      const both = await peek(kit, 'a')
      assert.deepEqual([both.text, both.expires, stateOf(both, STALE)], ['', 0, STALE])
      assert.equal(stateOf(await kit.get('a', { mode: Get.RECACHE }), WON), WON)
      kit.is(await kit.remove('a', { mode: Remove.EMPTY }))
      assert.equal(stateOf(await peek(kit, 'a'), FETCHED | STALE | CLAIMED), 0, 'made anew')
    }
  },
  {
    name: 'a comparing remove with STALE or EMPTY heeds the cas',
    needs: needsCas,
    async run (kit) {
      const { cas } = await kit.put('a', 'x')
      const wrong = { compare: true, casLow: cas.casLow + 1, casHigh: cas.casHigh }
      for (const mode of [Remove.STALE, Remove.EMPTY]) {
        kit.is(await kit.remove('a', { mode, ...wrong }), Status.EXISTS)
        const told = await peek(kit, 'a')
        assert.deepEqual([told.text, stateOf(told, STALE), told.cas], ['x', 0, cas])
      }
      kit.is(await kit.remove('a', { mode: Remove.STALE, compare: true, ...cas }))
      assert.equal(stateOf(await peek(kit, 'a'), STALE), STALE)
    }
  }
]

/** A stale item tells so to each get, and that it is claimed from its one winner on. */
async function assertWonOnce (kit: Kit, key: string): Promise<void> {
  let wins = 0
  for (const mode of [0, Get.RECACHE, Get.RECACHE, 0]) {
    const told = await kit.get(key, { mode, recache: 1 })
    assert.equal(stateOf(told, STALE), STALE)
    if (stateOf(told, WON) === WON) wins++
    assert.equal(stateOf(told, CLAIMED), wins > 0 ? CLAIMED : 0)
  }
  assert.equal(wins, 1, 'wins')
}

export const changes: Check[] = [
  {
    name: 'a store with INVALIDATE and an older cas is made, and is stale',
    needs: needsCas,
    async run (kit) {
      const item = await kit.put('a', 'old', { setCas: true, ...halves('newCas', 1000n) })
      const asked = { compare: true, mode: Store.SET | Store.INVALIDATE }
      kit.is(await kit.put('a', 'x', { ...asked, ...casOf(casNumber(item) + 1n) }), Status.EXISTS)
      kit.is(await kit.put('a', 'x', { ...asked, ...casOf(2n ** 64n - 1n) }), Status.EXISTS)
      kit.is(await kit.put('absent', 'x', { ...asked, casLow: 1 }), Status.NOT_FOUND)
      kit.is(await kit.put('a', 'same', { ...asked, ...casOf(1000n) }))
      const same = await peek(kit, 'a')
      assert.deepEqual([same.text, stateOf(same, STALE)], ['same', 0])
      const older = await kit.put('a', 'older', { ...asked, ...casOf(casNumber(same) - 1n) })
      kit.is(older)
      const told = await peek(kit, 'a')
      assert.deepEqual([told.text, stateOf(told, STALE)], ['older', STALE])
      assert.deepEqual(told.cas, older.cas)
      await assertWonOnce(kit, 'a')
    }
  },
  {
    name: 'an older cas is told by all 64 bits, without a sign',
    needs: needsCas,
    async run (kit) {
      const mode = Store.SET | Store.INVALIDATE
      const cases: Array<[item: bigint, asked: bigint, status: Status]> = [
        [2n ** 32n, 2n ** 32n - 1n, Status.SUCCESS],
        [2n ** 32n - 1n, 2n ** 32n, Status.EXISTS],
        [2n ** 63n, 2n ** 63n - 1n, Status.SUCCESS],
        [2n ** 31n, 2n ** 31n - 1n, Status.SUCCESS],
        [5n, 2n ** 64n - 1n, Status.EXISTS]
      ]
      for (const [item, asked, status] of cases) {
        kit.is(await kit.put('a', 'x', { setCas: true, ...halves('newCas', item) }))
        kit.is(await kit.put('a', 'y', { mode, compare: true, ...casOf(asked) }), status)
      }
    }
  },
  {
    name: 'setCas gives the item its cas, after a store, a count, and a STALE remove',
    needs: needsCas,
    async run (kit) {
      const set = (number: bigint) => ({ setCas: true, ...halves('newCas', number) })
      for (const number of [1n, 2n ** 31n, 2n ** 32n, 2n ** 63n + 5n, 2n ** 64n - 1n]) {
        assert.equal(casNumber(await kit.put('a', '5', set(number))), number)
        assert.equal(casNumber(await kit.get('a')), number)
        kit.is(await kit.put('a', '6', { compare: true, ...casOf(number), ...set(number + 7n) }))
        assert.equal(casNumber(await kit.get('a')), BigInt.asUintN(64, number + 7n))
      }
      kit.is(await kit.remove('a', { mode: Remove.STALE, ...set(77n) }))
      assert.equal(casNumber(await peek(kit, 'a')), 77n)
      kit.is(await kit.remove('a', { mode: Remove.EMPTY, ...set(78n) }))
      assert.equal(casNumber(await peek(kit, 'a')), 78n)
      const told = await kit.get('new', { mode: Get.VIVIFY, ...set(79n) })
      assert.equal(casNumber(told), 79n)
      if (!await counts(kit)) return
      kit.is(await kit.put('n', '5'))
      assert.equal(casNumber(await kit.arithmetic('n', 1, set(80n))), 80n)
      assert.equal(casNumber(await kit.get('n')), 80n)
    }
  },
  {
    name: 'APPEND and PREPEND with CREATE make what is not there',
    needs,
    async run (kit) {
      if (!await joins(kit)) return
      for (const kind of [Store.APPEND, Store.PREPEND]) {
        const asked = { mode: kind | Store.CREATE, createExpires: kit.now + 10, flags: 7 }
        kit.is(await kit.put('a', 'x', asked))
        const told = await kit.has('a', 'x')
        assert.deepEqual([told.flags, told.expires], [7, kit.now + 10])
        kit.is(await kit.put('a', 'y', { ...asked, createExpires: 1, flags: 8 }))
        const joined = await kit.has('a', kind === Store.APPEND ? 'xy' : 'yx')
        assert.deepEqual([joined.flags, joined.expires], [7, kit.now + 10])
        kit.is(await kit.remove('a'))
      }
    }
  }
]
