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

test('a scan does not look for long in one call, whatever has gone', () => {
  const client = new Client(new PlainEngine(), { memoryLimit: 32 << 20 })
  for (let i = 0; i < 20_000; i++) client.set(`gone ${i}`, 'x')
  void client.engine.flush()
  const looked = jest.spyOn(client.arena, 'isGone')
  const op = new Op()
  let most = 0
  let cursor = 0
  do {
    looked.mockClear()
    cursor = client.engine.scan(op, cursor)
    expect(op.keyEnd).toBe(op.keyStart)
    most = Math.max(most, looked.mock.calls.length)
  } while (cursor !== 0)
  expect(most).toBeGreaterThan(0)
  expect(most).toBeLessThan(500)
  client.stop()
})

/** Every key that a scan tells, with the most items it looked at in one call. */
function scanAll (client: Client): { keys: Set<string>, most: number } {
  const looked = jest.spyOn(client.arena, 'indexOf')
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

test('a scan tells all items of a table that may not grow, and looks at each but a few times',
  () => {
    const items = 100_000
    const client = new Client(new PlainEngine(),
      { memoryLimit: 128 << 20, hashPower: 12, hashExpand: false })
    for (let i = 0; i < items; i++) client.set(`${i}`, 'x')
    expect(client.stats().curr_items).toBe(items)
    const { keys, most } = scanAll(client)
    expect(keys.size).toBe(items)
    // A bucket has up to fifty: some two hundred looks, by chance three times as many, and more
    // than two thousand if each were looked at for each.
    expect(most).toBeLessThan(1500)
    client.stop()
  })
