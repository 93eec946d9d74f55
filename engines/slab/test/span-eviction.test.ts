import { Remove, Status, Store } from '@memplug/engine'
import { audit, countChunks } from '../../../packages/arena/test/audit.js'
import { Client, MEGABYTE } from '../../../packages/arena/test/client.js'
import { SlabEngine } from '../src/index.js'
import { countItemChunks } from './item-chunks.js'
import { upload } from './upload.js'

const start = (megabytes = 16, settings = {}, slab_chunk_max = '4') => new Client(
  new SlabEngine(), { memoryLimit: megabytes * MEGABYTE, ...settings }, { slab_chunk_max })

function fill (client: Client, size: number): void {
  const value = 'v'.repeat(size)
  for (let i = 0; client.stats().evictions === 0; i++) {
    for (let j = 0; j < 100; j++) client.set(`filled ${i}:${j}`, value)
  }
}

function check (client: Client): void {
  audit(client.arena)
  expect(countItemChunks(client.arena)).toBe(countChunks(client.arena))
  client.stop()
}

test('items of one size go in the order of their age, one for one', () => {
  const client = start(2)
  for (let i = 0; i < 3 * 85; i++) client.set(`${i}`, 'x'.repeat(11_000))
  expect(client.stats()).toMatchObject({ curr_items: 2 * 85, evictions: 85 })
  for (let i = 0; i < 3 * 85; i++) expect(client.get(`${i}`) === null).toBe(i < 85)
  check(client)
})

test('a larger item takes the place of the oldest and of its neighbours, and of no more', () => {
  const client = start(4)
  for (let i = 0; i < 4 * 85; i++) client.set(`${i}`, 'x'.repeat(11_000))
  expect(client.set('large', 'y'.repeat(100_000))).toBe(Status.SUCCESS)
  expect(client.get('large')).toBe('y'.repeat(100_000))
  // It takes 25 chunks, of items of three.
  expect(client.stats().evictions).toBe(9)
  for (let i = 0; i < 4 * 85; i++) expect(client.get(`${i}`) === null).toBe(i < 9)
  check(client)
})

test.each([100, 3000, 11_000, 200_000, 900_000])(
  'uploads of 500 KB at once find room among items of %i bytes', size => {
    const client = start(32)
    fill(client, size)
    const { ops, refused } = upload(client, 40, 500_000)
    expect(refused).toBe(0)
    for (const [i, op] of ops.entries()) op.value.fill(i, op.valueStart, op.valueEnd)
    for (const op of ops) {
      expect(client.engine.store(op)).toBe(Status.SUCCESS)
      client.engine.release(op)
    }
    for (let i = 0; i < 40; i++) {
      expect(client.get(`upload ${i}`)).toBe(String.fromCharCode(i).repeat(500_000))
    }
    expect(client.stats('slabs').total_malloced).toBeLessThanOrEqual(32 * MEGABYTE)
    check(client)
  })

test('what is held on every page leaves room beside it', () => {
  const client = start(4)
  const held: Array<{ page: number, item: unknown, valueStart: number }> = []
  const value = 'held'.padEnd(9000)
  for (let i = 0; held.length < 4; i++) {
    client.set(`${i}`, value)
    client.engine.get(client.ask(`${i}`))
    const { item, valueStart } = client.op
    const page = client.arena.memory.pageOf(item as number)
    if (held.some(op => op.page === page)) client.engine.release(client.op)
    else held.push({ page, item, valueStart })
  }
  fill(client, 9000)
  // What is held is at the beginning of each page.
  const { ops, refused } = upload(client, 5, 900_000)
  expect([ops.length, refused]).toEqual([4, 1])
  for (const { item, valueStart } of held) {
    expect(client.op.value.toString('latin1', valueStart, valueStart + 9000)).toBe(value)
    client.engine.release(Object.assign(client.op, { item }))
  }
  for (const op of ops) client.engine.release(op)
  check(client)
})

test('a full page of chunks goes to any other class, and to items of several pages', () => {
  const client = start(8, { maxItemSize: 8 * MEGABYTE })
  fill(client, 11_000)
  expect(client.set('small', 'x')).toBe(Status.SUCCESS)
  for (const megabytes of [1.5, 3.5, 6.5]) {
    expect(client.set('several', 'y'.repeat(megabytes * MEGABYTE))).toBe(Status.SUCCESS)
    expect(client.get('several')).toHaveLength(megabytes * MEGABYTE)
  }
  client.remove('several')
  expect(client.set('page', 'z'.repeat(MEGABYTE - 100))).toBe(Status.SUCCESS)
  check(client)
})

test.each(['1', '16', '256'])(
  'with chunks of %s KB every store succeeds, in one megabyte too', slab_chunk_max => {
    const client = start(1, {}, slab_chunk_max)
    const sizes = [10, 500_000, 100, 900_000, 3000, 20_000, 10, 400_000, 1000, 1_048_000]
    for (let round = 0; round < 20; round++) {
      for (const size of sizes) {
        expect(client.set(`${size}`, 'x'.repeat(size))).toBe(Status.SUCCESS)
        expect(client.get(`${size}`)).toHaveLength(size)
      }
    }
    expect(client.stats('slabs').total_malloced).toBe(MEGABYTE)
    check(client)
  })

test('values of all lengths displace each other for long, and none is refused or torn', () => {
  const client = start(8)
  let random = 5
  const draw = (below: number) => {
    random = Math.imul(random, 1664525) + 1013904223 | 0
    return (random >>> 8) % below
  }
  for (let i = 0; i < 4000; i++) {
    const key = draw(500)
    if (draw(3) === 0) {
      const value = client.get(`${key}`)
      if (value !== null) expect(value).toBe(`${key} `.repeat(value.length).slice(0, value.length))
    } else {
      const size = draw([100, 9000, 60_000, 1_000_000][draw(1000) % 97 % 4])
      expect(client.set(`${key}`, `${key} `.repeat(size).slice(0, size))).toBe(Status.SUCCESS)
    }
  }
  expect(client.stats().evictions).toBeGreaterThan(300)
  check(client)
})

test('without evictions a store is refused, but what has expired makes room', () => {
  const client = start(4, { evictions: false })
  const expires = client.host.now() + 10
  for (let i = 0; client.set(`${i}`, 'x'.repeat(11_000), { expires }) === Status.SUCCESS; i++);
  const { curr_items: items } = client.stats()
  expect(items).toBe(4 * 85)
  expect(client.set('large', 'x'.repeat(900_000))).toBe(Status.NO_MEMORY)
  expect(client.stats()).toMatchObject({ curr_items: items, evictions: 0 })
  client.travel(10)
  expect(client.set('large', 'x'.repeat(900_000))).toBe(Status.SUCCESS)
  expect(client.stats().evictions).toBe(0)
  check(client)
})

test('a value that grows, and one that becomes empty, keep their chunks right', () => {
  const client = start(2)
  client.set('a', 'x'.repeat(20_000))
  for (let i = 0; i < 50; i++) client.set('a', 'y'.repeat(1000), { mode: Store.APPEND })
  expect(client.get('a')!.length).toBeGreaterThan(60_000)
  client.remove('a', { mode: Remove.EMPTY })
  client.set('b', 'x'.repeat(70_000))
  check(client)
})

test('a short value of a long key is not written over one that has fewer chunks', () => {
  const client = start(2, { maxKeySize: 1000 }, '1')
  const keys = ['a', 'b', 'c'].map(letter => letter.repeat(800))
  for (const key of keys) client.set(key, 'x'.repeat(100))
  for (const key of keys) expect(client.set(key, key[0].repeat(256))).toBe(Status.SUCCESS)
  for (const key of keys) expect(client.get(key)).toBe(key[0].repeat(256))
  check(client)
})
