import { Get, Op, Status } from '@memplug/engine'
import { Client } from './client.js'
import { PlainEngine } from './plain-allocator.js'

test('a scan tells class and whole size of an item, as a get that peeks does', () => {
  const client = new Client(new PlainEngine())
  client.set('abc', 'x'.repeat(100))
  const told = new Op()
  expect(client.engine.scan(told, 0)).toBeGreaterThan(0)
  expect([told.itemClass, told.itemSize]).toEqual([1, 48 + 3 + 100])
  expect(client.engine.get(client.ask('abc', { mode: Get.PEEK }))).toBe(Status.SUCCESS)
  expect([client.op.itemClass, client.op.itemSize]).toEqual([1, 48 + 3 + 100])
  client.engine.release(client.op)
  client.stop()
})
