import assert from 'node:assert/strict'
import { Status } from '@memplug/engine'
import type { Kit } from '../kit.js'
import { MAX_INT32, MEGABYTE } from './check.js'
import type { Check } from './check.js'

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
/** No more is allocated than this, however much an engine would take. */
const MOST = 64 * MEGABYTE

export const values: Check[] = [
  {
    name: 'a key that was never stored is NOT_FOUND',
    run: kit => kit.hasNot('a')
  },
  {
    name: 'a value comes back byte for byte, with its flags',
    async run (kit) {
      for (const flags of [0, 1, MAX_INT32, -1, 1 << 31]) {
        kit.is(await kit.put('a', ALL_BYTES, { flags }))
        const told = await kit.has('a', ALL_BYTES)
        assert.equal(told.flags, flags)
        assert.equal(told.expires, 0)
      }
    }
  },
  {
    name: 'a value may be empty',
    async run (kit) {
      kit.is(await kit.put('a', ''))
      await kit.has('a', '')
      kit.is(await kit.put('a', 'x'))
      kit.is(await kit.put('a', '', { flags: 5 }))
      assert.equal((await kit.has('a', '')).flags, 5)
    }
  },
  {
    name: 'values of many sizes keep apart',
    async run (kit) {
      const sizes = [1, 7, 8, 9, 47, 48, 49, 63, 64, 65, 255, 256, 257, 1000, 1023, 1024, 4095,
        4096, 4097, 16384, 65535, 65536, 100_000, 300_000]
      for (const size of sizes) kit.is(await kit.put(`k${size}`, pattern(size, size)))
      for (const size of sizes) await kit.has(`k${size}`, pattern(size, size))
    }
  },
  {
    name: 'a value may be replaced by a shorter and by a longer one',
    async run (kit) {
      for (const size of [100, 10, 1000, 0, 50_000, 1, 100_000, 100]) {
        kit.is(await kit.put('a', pattern(size, size)))
        await kit.has('a', pattern(size, size))
      }
    }
  },
  {
    name: 'a key is bytes, not text',
    async run (kit) {
      const keys = [...ALL_BYTES].map(byte => Buffer.from([byte]))
      keys.push(...['\u00e9', 'e\u0301'].map(text => Buffer.from(text)), ALL_BYTES.subarray(0, 250))
      for (const [i, key] of keys.entries()) kit.is(await kit.put(key, `value ${i}`))
      for (const [i, key] of keys.entries()) await kit.has(key, `value ${i}`)
    }
  },
  {
    name: 'a key that is a part of another, or looks like a number or a property, is its own',
    async run (kit) {
      const keys = ['a', 'aa', 'aaa', 'a ', ' a', 'A', 'ab', 'ba', '0', '00', '1', '-1', '1e3',
        '__proto__', 'constructor', 'hasOwnProperty', 'toString', 'null', 'a\0', 'a\0b']
      for (const key of keys) await kit.hasNot(key)
      for (const key of keys) kit.is(await kit.put(key, `of ${key}`))
      for (const key of keys) await kit.has(key, `of ${key}`)
      for (const key of keys) {
        kit.is(await kit.remove(key))
        await kit.hasNot(key)
      }
    }
  },
  {
    name: 'keys of 1 and of 250 bytes, and some that differ only at the end',
    async run (kit) {
      const keys = ['k', ...['a', 'b', 'c'].map(last => 'k'.repeat(249) + last)]
      for (const key of keys) kit.is(await kit.put(key, key))
      for (const key of keys) await kit.has(key, key)
    }
  },
  {
    name: 'a key as long as --max-key-size, or TOO_LARGE',
    settings: { maxKeySize: 65535 },
    async run (kit) {
      const { maxKeySize } = kit.host.settings
      for (const length of [251, 255, 256, 257, 1000, maxKeySize]) {
        const keys = ['a', 'b'].map(last => 'k'.repeat(length - 1) + last)
        for (const key of keys) {
          const fits = kit.engine.testCapacity(length, key.length)
          kit.is(await kit.put(key, key), fits, `${length} bytes`)
        }
        for (const key of keys) {
          const fits = kit.engine.testCapacity(length, key.length) === Status.SUCCESS
          await (fits ? kit.has(key, key) : kit.hasNot(key))
        }
      }
    }
  },
  {
    name: 'thousands of items keep apart',
    async run (kit) {
      const keys = Array.from({ length: 3000 }, (_, i) => `key number ${i}`)
      for (const key of keys) kit.is(await kit.put(key, `value of ${key}`))
      for (const key of keys) await kit.has(key, `value of ${key}`)
    }
  },
  {
    name: 'testCapacity and allocate agree on what is TOO_LARGE, and the largest item is stored',
    async run (kit) {
      const room = largest(kit, 1)
      if (room > MOST) return
      const op = kit.op('k', 'allocate', { size: room + 1 })
      kit.is(kit.engine.allocate(op), Status.TOO_LARGE)
      kit.is(await kit.put('k', pattern(room, 1)))
      await kit.has('k', pattern(room, 1))
      const less = largest(kit, 200)
      assert.ok(less <= room && room - less <= 200 + 8, `${less} bytes beside a key of 200`)
      kit.is(await kit.put('l'.repeat(200), pattern(less, 2)))
      await kit.has('l'.repeat(200), pattern(less, 2))
    }
  }
]

/** How long a value may be beside a key of so many bytes. */
export function largest (kit: Kit, keyLength: number): number {
  kit.is(kit.engine.testCapacity(keyLength, 0))
  let fits = 0
  let tooLarge = MAX_INT32
  if (kit.engine.testCapacity(keyLength, tooLarge) === Status.SUCCESS) return tooLarge
  while (tooLarge - fits > 1) {
    const middle = fits + Math.floor((tooLarge - fits) / 2)
    if (kit.engine.testCapacity(keyLength, middle) === Status.SUCCESS) fits = middle
    else tooLarge = middle
  }
  return fits
}

/** Bytes that tell where they belong. */
export function pattern (size: number, seed: number): Buffer {
  const bytes = Buffer.alloc(size)
  for (let i = 0; i < size; i++) bytes[i] = (i * 31 + seed * 7 + (i >>> 8)) & 0xff
  return bytes
}
