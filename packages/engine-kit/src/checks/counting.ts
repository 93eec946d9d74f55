import assert from 'node:assert/strict'
import { Arithmetic, Status } from '@memplug/engine'
import fc from 'fast-check'
import { halves } from '../kit.js'
import type { Kit } from '../kit.js'
import type { Check } from './check.js'

const { INCREMENT, DECREMENT, CREATE } = Arithmetic
const MAX = 2n ** 64n - 1n

/** Whether the engine counts at all; if not, it must never do so. */
export async function counts (kit: Kit): Promise<boolean> {
  const { status } = await kit.arithmetic('counts?', 1)
  if (status === Status.NOT_SUPPORTED) return false
  kit.is(status, Status.NOT_FOUND)
  return true
}

/** Counts, and asserts what is told and what is there afterwards; spaces may follow it. */
async function count (
  kit: Kit, mode: number, delta: bigint | number, result: bigint | number
): Promise<void> {
  const told = await kit.arithmetic('n', delta, { mode })
  kit.is(told)
  assert.equal(told.result, BigInt(result))
  assert.equal(told.text.trimEnd(), String(result), 'the value told')
  assert.equal((await kit.get('n')).text.trimEnd(), String(result), 'the value stored')
}

export const counting: Check[] = [
  {
    name: 'an engine that does not count says so always, and changes nothing',
    async run (kit) {
      if (await counts(kit)) return
      kit.is(await kit.put('n', '5'))
      for (const mode of [INCREMENT, DECREMENT, CREATE]) {
        kit.is(await kit.arithmetic('n', 1, { mode }), Status.NOT_SUPPORTED)
        kit.is(await kit.arithmetic('absent', 1, { mode }), Status.NOT_SUPPORTED)
      }
      await kit.has('n', '5')
      await kit.hasNot('absent')
    }
  },
  {
    name: 'numbers go up and down, and get longer and shorter',
    async run (kit) {
      if (!await counts(kit)) return
      kit.is(await kit.put('n', '0'))
      await count(kit, INCREMENT, 0, 0)
      await count(kit, INCREMENT, 9, 9)
      await count(kit, INCREMENT, 1, 10)
      await count(kit, DECREMENT, 1, 9)
      await count(kit, INCREMENT, 99_991, 100_000)
      await count(kit, DECREMENT, 99_999, 1)
      await count(kit, DECREMENT, 0, 1)
      await count(kit, INCREMENT, 4294967294, 4294967295)
      await count(kit, INCREMENT, 1, 4294967296)
      await count(kit, DECREMENT, 1, 4294967295)
    }
  },
  {
    name: 'arithmetic wraps at 2^64 upward and stops at 0 downward',
    async run (kit) {
      if (!await counts(kit)) return
      kit.is(await kit.put('n', String(MAX)))
      await count(kit, INCREMENT, 1, 0)
      await count(kit, DECREMENT, 1, 0)
      await count(kit, INCREMENT, MAX, MAX)
      await count(kit, INCREMENT, MAX, MAX - 1n)
      await count(kit, DECREMENT, MAX, 0)
      kit.is(await kit.put('n', '9223372036854775807'))
      await count(kit, INCREMENT, 1, 9223372036854775808n)
      await count(kit, DECREMENT, 9007199254740993n, 9223372036854775808n - 9007199254740993n)
    }
  },
  {
    name: 'any number, any delta, both ways',
    async run (kit, { seed }) {
      if (!await counts(kit)) return
      const number = fc.oneof(fc.bigInt(0n, MAX), fc.bigInt(0n, 2n ** 33n), fc.bigInt(0n, 100n))
      await fc.assert(fc.asyncProperty(number, number, async (from, delta) => {
        kit.is(await kit.put('n', String(from)))
        await count(kit, INCREMENT, delta, BigInt.asUintN(64, from + delta))
        kit.is(await kit.put('n', String(from)))
        await count(kit, DECREMENT, delta, from > delta ? from - delta : 0n)
      }), { numRuns: 50, ...(seed !== undefined && { seed }) })
    }
  },
  {
    name: 'zeros before a number and spaces behind it are no hindrance',
    async run (kit) {
      if (!await counts(kit)) return
      for (const text of ['007', '7  ', '007 ', '00000000000000000007']) {
        kit.is(await kit.put('n', text))
        await count(kit, INCREMENT, 5, 12)
        kit.is(await kit.put('n', text))
        await count(kit, DECREMENT, 5, 2)
      }
    }
  },
  {
    name: 'what is no unsigned 64-bit number is NOT_NUMERIC and stays',
    async run (kit) {
      if (!await counts(kit)) return
      const texts = ['', ' ', 'x', '-5', '5.5', '5ab', 'a5', '1e3', '0x10', '5\0',
        '\0', '5\xa0', '\xff', '18446744073709551616', '99999999999999999999',
        '184467440737095516150', '1'.repeat(30), '1'.repeat(1000)]
      for (const text of texts) {
        kit.is(await kit.put('n', text, { flags: 3 }))
        for (const mode of [INCREMENT, DECREMENT, CREATE]) {
          kit.is(await kit.arithmetic('n', 1, { mode }), Status.NOT_NUMERIC, JSON.stringify(text))
        }
        assert.equal((await kit.has('n', text)).flags, 3)
      }
    }
  },
  {
    name: 'a number with spaces before it, a sign, or more behind a space counts or does not',
    async run (kit) {
      if (!await counts(kit)) return
      for (const text of [' 7', '   7 ', '+7', '7 x', '7 7', '7\r\n', '7\t', '7'.padEnd(30)]) {
        kit.is(await kit.put('n', text))
        const told = await kit.arithmetic('n', 5)
        if (told.status === Status.SUCCESS) {
          assert.equal(told.result, 12n)
          assert.equal((await kit.get('n')).text.trimEnd(), '12')
        } else {
          kit.is(told, Status.NOT_NUMERIC)
          await kit.has('n', text)
        }
      }
    }
  },
  {
    name: 'arithmetic keeps flags and expiry',
    async run (kit) {
      if (!await counts(kit)) return
      const expires = kit.now + 100
      kit.is(await kit.put('n', '9', { flags: -5, expires }))
      for (const delta of [1, 90, 1]) {
        const told = await kit.arithmetic('n', delta)
        assert.deepEqual([told.flags, told.expires], [-5, expires])
        const { flags, expires: left } = await kit.get('n')
        assert.deepEqual([flags, left], [-5, expires])
      }
      await kit.travel(100)
      kit.is(await kit.arithmetic('n', 1), Status.NOT_FOUND)
    }
  },
  {
    name: 'arithmetic finds nothing where nothing is',
    async run (kit) {
      if (!await counts(kit)) return
      kit.is(await kit.arithmetic('n', 1, { mode: INCREMENT }), Status.NOT_FOUND)
      kit.is(await kit.arithmetic('n', 1, { mode: DECREMENT }), Status.NOT_FOUND)
      await kit.hasNot('n')
    }
  },
  {
    name: 'CREATE begins with the initial number and its own expiry, then counts',
    async run (kit) {
      if (!await counts(kit)) return
      for (const initial of [0n, 5n, 2n ** 32n, MAX]) {
        for (const kind of [INCREMENT, DECREMENT]) {
          await kit.remove('n')
          const createExpires = kit.now + 10
          const asked = { mode: kind | CREATE, createExpires, ...halves('initial', initial) }
          const told = await kit.arithmetic('n', 3, asked)
          kit.is(told)
          assert.deepEqual([told.result, told.text.trimEnd(), told.flags, told.expires],
            [initial, String(initial), 0, createExpires])
          const again = await kit.arithmetic('n', 3, { ...asked, createExpires: 1 })
          const down = initial > 3n ? initial - 3n : 0n
          assert.equal(again.result,
            kind === INCREMENT ? BigInt.asUintN(64, initial + 3n) : down)
          assert.equal(again.expires, createExpires)
        }
      }
    }
  },
  {
    name: 'many increments at once all count',
    async run (kit) {
      if (!await counts(kit)) return
      kit.is(await kit.put('n', '0'))
      const told = await Promise.all(Array.from({ length: 50 }, () => kit.arithmetic('n', 1)))
      const results = told.map(each => Number(each.result)).sort((a, b) => a - b)
      assert.deepEqual(results, Array.from({ length: 50 }, (_, i) => i + 1))
      await count(kit, INCREMENT, 0, 50)
    }
  }
]
