import assert from 'node:assert/strict'
import type { Check } from './check.js'

/** What a tree of shared memory comes to on its way through a file. */
function copy (tree: unknown): unknown {
  if (tree instanceof SharedArrayBuffer) {
    const copied = new SharedArrayBuffer(tree.byteLength)
    Buffer.from(copied).set(Buffer.from(tree))
    return copied
  }
  if (typeof tree !== 'object' || tree === null) return tree
  if (Array.isArray(tree)) return tree.map(copy)
  assert.equal(Object.getPrototypeOf(tree), Object.prototype, 'host.shared has plain objects')
  return Object.fromEntries(Object.entries(tree).map(([name, branch]) => [name, copy(branch)]))
}

export const restarting: Check[] = [
  {
    name: 'started from the memory of an earlier process it has the items, and goes on',
    needs: ['restart'],
    async run (kit) {
      for (let i = 0; i < 1000; i++) {
        await kit.put(`key ${i}`, `${i}`.repeat(1 + i % 50), {
          flags: i, expires: i % 2 === 0 ? 0 : kit.now + i
        })
      }
      for (let i = 0; i < 1000; i += 7) kit.is(await kit.remove(`key ${i}`))
      const last = await kit.put('last', 'value')
      const tree = copy(kit.host.shared)
      await kit.stop()
      await kit.travel(500)
      await kit.start({ thread: 0, threads: 1, shared: tree })
      for (let i = 0; i < 1000; i++) {
        const told = await kit.get(`key ${i}`)
        const isGone = i % 7 === 0 || (i % 2 === 1 && i <= 500)
        assert.equal(told.text, isGone ? '' : `${i}`.repeat(1 + i % 50), `key ${i}`)
        if (!isGone) assert.equal(told.flags, i)
      }
      const next = await kit.put('next', 'value')
      if (kit.hasCas) assert.ok(next.cas.casLow > last.cas.casLow, 'cas values go on')
      await kit.flush()
      assert.equal((await kit.get('last')).text, '')
      assert.equal((await kit.put('last', 'other')).status, 0)
    }
  }
]
