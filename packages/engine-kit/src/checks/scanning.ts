import assert from 'node:assert/strict'
import { Op } from '@memplug/engine'
import { soilItem, soilTold } from '../dirt.js'
import { tell } from '../kit.js'
import type { Kit, Told } from '../kit.js'
import type { Check } from './check.js'

/** More steps than any walk here has a right to. */
const MOST_STEPS = 100_000

/** Walks over all items, doing something between the steps. */
async function walk (
  kit: Kit, visit: (key: string, told: Told, size: number) => void,
  between: (step: number) => Promise<void> = () => Promise.resolve()
): Promise<void> {
  let cursor = 0
  for (let step = 0; step < MOST_STEPS; step++) {
    const op = new Op()
    soilTold(op)
    soilItem(op)
    const next = await kit.engine.scan(op, cursor)
    if (next === 0) return
    assert.ok(Number.isSafeInteger(next) && next > 0, `the cursor ${next}`)
    cursor = next
    if (op.keyEnd === op.keyStart) continue
    const key = op.key.toString('latin1', op.keyStart, op.keyEnd)
    visit(key, tell(op, 1), op.valueEnd - op.valueStart)
    await between(step)
  }
  assert.fail('the walk does not end')
}

export const scanning: Check[] = [
  {
    name: 'a scan of an empty store ends at once',
    needs: ['scan'],
    run: kit => walk(kit, key => assert.fail(key))
  },
  {
    name: 'a scan tells each item: its key, flags, expiry, cas and size',
    needs: ['scan'],
    async run (kit) {
      const wanted = new Map<string, unknown[]>()
      for (let i = 0; i < 1000; i++) {
        const expires = i % 2 === 0 ? 0 : kit.now + i
        const { cas } = await kit.put(`key ${i}`, 'x'.repeat(i), { flags: i, expires })
        wanted.set(`key ${i}`, [i, expires, i, ...kit.hasCas ? [cas] : []])
      }
      const seen = new Map<string, unknown[]>()
      await walk(kit, (key, { flags, expires, cas }, size) => {
        seen.set(key, [flags, expires, size, ...kit.hasCas ? [cas] : []])
      })
      assert.deepEqual([...seen].sort(), [...wanted].sort())
    }
  },
  {
    name: 'a scan tells each item that stays, while others come and go',
    needs: ['scan'],
    async run (kit) {
      for (let i = 0; i < 500; i++) {
        kit.is(await kit.put(`stays ${i}`, 'x'))
        kit.is(await kit.put(`goes ${i}`, 'x'))
      }
      const seen = new Set<string>()
      await walk(kit, key => seen.add(key), async step => {
        if (step === 100) {
          for (let i = 0; i < 2000; i++) kit.is(await kit.put(`comes ${i}`, 'x'))
        }
        if (step === 300) {
          for (let i = 0; i < 500; i++) kit.is(await kit.remove(`goes ${i}`))
        }
      })
      for (let i = 0; i < 500; i++) assert.ok(seen.has(`stays ${i}`), `stays ${i}`)
    }
  },
  {
    name: 'a scan of keys that are bytes, and of items removed before it',
    needs: ['scan'],
    async run (kit) {
      const key = Buffer.from([0, 255, 10, 13, 32])
      kit.is(await kit.put(key, 'x'))
      kit.is(await kit.put('removed', 'x'))
      kit.is(await kit.remove('removed'))
      const seen: string[] = []
      await walk(kit, each => seen.push(each))
      assert.deepEqual([...new Set(seen)], [key.toString('latin1')])
    }
  }
]
