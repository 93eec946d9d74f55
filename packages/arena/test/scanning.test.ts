import { jest } from '@jest/globals'
import { Get, Op, Status } from '@memplug/engine'
import { Client } from './client.js'
import { PlainEngine } from './plain-allocator.js'

test('a scan tells class and whole size of an item, as a get that peeks does', () => {
  const client = new Client(new PlainEngine())
  client.set('abc', 'x'.repeat(100))
  const told = new Op()
  for (let cursor = 0; told.keyEnd === 0;) cursor = client.engine.scan(told, cursor)
  expect([told.itemClass, told.itemSize]).toEqual([1, 48 + 3 + 100])
  expect(client.engine.get(client.ask('abc', { mode: Get.PEEK }))).toBe(Status.SUCCESS)
  expect([client.op.itemClass, client.op.itemSize]).toEqual([1, 48 + 3 + 100])
  client.engine.release(client.op)
  client.stop()
})

/** Every key that a scan tells, and how often one call asked that of an item, at most. */
function scanAll (
  client: Client, asked: 'isGone' | 'indexOf'
): { keys: Set<string>, most: number } {
  const looked = jest.spyOn(client.arena, asked)
  const keys = new Set<string>()
  const op = new Op()
  let most = 0
  let cursor = 0
  do {
    looked.mockClear()
    cursor = client.engine.scan(op, cursor)
    if (op.keyEnd > op.keyStart) keys.add(op.key.toString('latin1', op.keyStart, op.keyEnd))
    most = Math.max(most, looked.mock.calls.length)
  } while (cursor !== 0)
  return { keys, most }
}

test('a scan does not look for long in one call, whatever has gone', () => {
  const client = new Client(new PlainEngine(), { memoryLimit: 32 << 20 })
  for (let i = 0; i < 20_000; i++) client.set(`gone ${i}`, 'x')
  void client.engine.flush()
  const { keys, most } = scanAll(client, 'isGone')
  expect(keys.size).toBe(0)
  expect(most).toBeGreaterThan(0)
  expect(most).toBeLessThan(500)
  client.stop()
})

test('a scan tells all items of a table that may not grow, and looks at each but a few times',
  () => {
    const items = 100_000
    const client = new Client(new PlainEngine(),
      { memoryLimit: 128 << 20, hashPower: 12, hashExpand: false })
    for (let i = 0; i < items; i++) client.set(`${i}`, 'x')
    expect(client.stats().curr_items).toBe(items)
    const { keys, most } = scanAll(client, 'indexOf')
    expect(keys.size).toBe(items)
    // A bucket has up to fifty, each of which is looked at four times at most.
    expect(most).toBeLessThan(500)
    client.stop()
  })
