import { Get, State, Status } from '@memplug/engine'
import { audit } from '../../../packages/arena/test/audit.js'
import { Client, MEGABYTE } from '../../../packages/arena/test/client.js'
import { Word } from '../../../packages/arena/src/header.js'
import { SlabEngine } from '../src/index.js'

const makeClient = (config: Record<string, string> = {}, threads = 1) =>
  new Client(new SlabEngine(), { memoryLimit: 4 * MEGABYTE }, config, threads)

/** Which chunk the item of a key is in. */
function placeOf (client: Client, key: string): number {
  client.get(key, { mode: Get.PEEK | Get.UNCOUNTED })
  return client.op.item as number
}

/** These keys, which are all in one list, from the oldest. */
function order (client: Client, keys: string[]): string[] {
  const { arena } = client
  const names = new Map(keys.map(key => [placeOf(client, key), key]))
  const first = placeOf(client, keys[0])
  const meta = arena.wordsOf(first)[arena.indexOf(first) + Word.META]
  const found = []
  let ref = arena.lists.tail(arena.listOf(arena.allocator.classOf(first), meta))
  for (; ref !== 0; ref = arena.lists.newer(ref)) found.push(names.get(ref) ?? '?')
  return found
}

test.each([1, 2])('a short value is written over the old one, with %i threads', threads => {
  const client = makeClient({}, threads)
  client.set('key', 'old value', { flags: 1, expires: 100 })
  client.get('key')
  const place = placeOf(client, 'key')
  const { itemCasLow } = client.op
  client.travel(2)
  expect(client.set('key', 'newer value', { flags: 2 })).toBe(Status.SUCCESS)
  const told = { ...client.op }
  expect(placeOf(client, 'key')).toBe(place)
  expect(client.op.itemCasLow).toBe(itemCasLow + 1)
  expect(told).toMatchObject({
    itemFlags: 2, itemExpires: 0, itemState: 0, itemCasLow: itemCasLow + 1
  })
  expect(client.op.itemUsed).toBe(client.host.now())
  expect(client.op.itemState & State.FETCHED).toBe(0)
  expect(client.get('key')).toBe('newer value')
  expect(client.stats()).toMatchObject({ curr_items: 1, total_items: 2, bytes: 48 + 3 + 11 })
  audit(client.arena)
  client.stop()
})

test.each([0, 1, 2, 3, 4, 5, 6, 7])('keys and values of every length, from %i on', rest => {
  const client = makeClient({ slab_sizes: '320' })
  for (let length = 1; length < 12; length++) {
    const key = 'k'.repeat(length)
    for (let size = 240 + rest; size >= 0; size -= 8) {
      const value = 'abcdefghijklmnopqrstuvwxyz'.repeat(10).slice(0, size)
      client.set(key, value)
      expect(client.get(key)).toBe(value)
    }
  }
  expect(client.stats().curr_items).toBe(11)
  audit(client.arena)
  client.stop()
})

test('who holds the old value reads it as it was', () => {
  const client = makeClient()
  client.set('key', 'old')
  const op = client.ask('key')
  client.engine.get(op)
  const { item, value, valueStart } = op
  client.set('key', 'new')
  expect(value.toString('latin1', valueStart, valueStart + 3)).toBe('old')
  expect(client.get('key')).toBe('new')
  op.item = item
  client.engine.release(op)
  audit(client.arena)
  client.stop()
})

test('a value of another class, or a long one, has a chunk of its own', () => {
  const client = makeClient()
  for (const [from, to] of [[1, 200], [300, 300]]) {
    const value = 'y'.repeat(to)
    client.set('key', 'x'.repeat(from))
    const place = placeOf(client, 'key')
    client.set('key', value)
    expect(placeOf(client, 'key')).not.toBe(place)
    expect(client.get('key')).toBe(value)
    audit(client.arena)
  }
  client.stop()
})

test('where a list goes by the time of use, a written item comes to its front', () => {
  const client = makeClient({ lru_segmented: 'false' })
  for (const key of ['a', 'b', 'c']) client.set(key, key)
  client.set('a', 'z')
  expect(order(client, ['a', 'b', 'c'])).toEqual(['b', 'c', 'a'])
  audit(client.arena)
  client.stop()
})

test('elsewhere it stays, and is not the next to be evicted', () => {
  const client = makeClient()
  for (const key of ['a', 'b', 'c']) client.set(key, key)
  client.set('a', 'z')
  expect(order(client, ['a', 'b', 'c'])).toEqual(['a', 'b', 'c'])
  for (let i = 0; i < 100_000; i++) {
    client.set(`other ${i}`, 'x')
    if (i % 1000 === 0) expect(client.set('a', String(i))).toBe(Status.SUCCESS)
    if (i % 1000 === 999) expect(client.get('a', { mode: Get.PEEK })).toBe(String(i - 999))
  }
  expect(client.stats().evictions).toBeGreaterThan(10_000)
  audit(client.arena)
  client.stop()
})

test('a flush comes between', () => {
  const client = makeClient()
  client.set('key', 'old')
  void client.engine.flush()
  client.set('key', 'new')
  expect(client.get('key')).toBe('new')
  void client.engine.flush()
  expect(client.get('key')).toBe(null)
  client.stop()
})
