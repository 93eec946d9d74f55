import { Status } from '@memplug/engine'
import { audit, countChunks } from '../../../packages/arena/test/audit.js'
import { Client, MEGABYTE } from '../../../packages/arena/test/client.js'
import { SlabEngine } from '../src/index.js'
import { upload } from './upload.js'

const HALF = 500_000

const start = (megabytes = 64, settings = {}) =>
  new Client(new SlabEngine(), { memoryLimit: megabytes * MEGABYTE, ...settings })

function fill (client: Client, size = 100): void {
  const value = 'v'.repeat(size)
  for (let i = 0; client.stats().evictions === 0; i++) {
    for (let j = 0; j < 1000; j++) client.set(`small ${i}:${j}`, value)
  }
}

test.each([10, 40, 100])('%i uploads of 500 KB at once find room among small items', count => {
  const client = start()
  fill(client)
  const { ops, refused } = upload(client, count, HALF)
  expect(refused).toBe(0)
  for (const [i, op] of ops.entries()) op.value.fill(i, op.valueStart, op.valueEnd)
  for (const op of ops) {
    expect(client.engine.store(op)).toBe(Status.SUCCESS)
    client.engine.release(op)
  }
  for (let i = 0; i < count; i++) {
    expect(client.engine.get(client.ask(`upload ${i}`))).toBe(Status.SUCCESS)
    const { value, valueStart, valueEnd } = client.op
    expect(valueEnd - valueStart).toBe(HALF)
    for (let at = valueStart; at < valueEnd; at++) if (value[at] !== i) throw new Error('torn')
    client.engine.release(client.op)
  }
  expect(client.stats('slabs').total_malloced).toBeLessThanOrEqual(64 * MEGABYTE)
  audit(client.arena)
  client.stop()
})

test('uploads fit until what is unfinished fills the memory, and then others can end', () => {
  const client = start()
  fill(client)
  const { ops, refused } = upload(client, 200, HALF)
  expect(ops.length).toBe(128)
  expect(refused).toBe(72)
  expect(client.set('small', 'x')).toBe(Status.NO_MEMORY)
  for (const op of ops) client.engine.release(op)
  expect(client.set('small', 'x')).toBe(Status.SUCCESS)
  client.stop()
})

test('a page on which something is held is left alone, and what is held stays', () => {
  const client = start(4)
  fill(client)
  const held: Array<{ page: number, item: unknown, at: number }> = []
  const value = 'held'.padEnd(100)
  // On all pages but one something is held: chunks are given out page by page.
  for (let i = 0; held.length < 3; i++) {
    client.set(`held ${i}`, value)
    client.engine.get(client.ask(`held ${i}`))
    const page = client.arena.memory.pageOf(client.op.item as number)
    if (held.some(op => op.page === page)) client.engine.release(client.op)
    else held.push({ page, item: client.op.item, at: client.op.valueStart })
  }
  expect(client.set('large', 'x'.repeat(1_000_000))).toBe(Status.SUCCESS)
  expect(upload(client, 1, HALF).refused).toBe(1 - 1)
  expect(upload(client, 2, HALF).ops.length).toBe(1)
  for (const { item, at } of held) {
    expect(client.op.value.toString('latin1', at, at + 100)).toBe(value)
    client.op.item = item
    client.engine.release(client.op)
  }
  audit(client.arena, 0)
  client.stop()
})

test('an item of several pages takes neighbours from whatever is there', () => {
  const client = start(64, { maxItemSize: 32 * MEGABYTE })
  fill(client)
  for (let i = 0; i < 5; i++) client.set(`page ${i}`, 'x'.repeat(900_000))
  for (const megabytes of [5, 10, 20, 31]) {
    expect(client.set('several', 'y'.repeat(megabytes * MEGABYTE))).toBe(Status.SUCCESS)
    expect(client.get('several')).toHaveLength(megabytes * MEGABYTE)
  }
  fill(client, 3000)
  audit(client.arena)
  client.stop()
}, 30_000)

test('without evictions nothing is taken from anyone', () => {
  const client = start(4, { evictions: false })
  for (let i = 0; client.set(`${i}`, 'x'.repeat(100)) === Status.SUCCESS; i++);
  const before = client.stats()
  expect(client.set('large', 'x'.repeat(HALF))).toBe(Status.NO_MEMORY)
  expect(client.stats()).toMatchObject({
    curr_items: before.curr_items, evictions: 0, slabs_moved: 0
  })
  client.stop()
})

test('without evictions the expired items of other classes make room', () => {
  const client = start(4, { evictions: false })
  const expires = client.host.now() + 10
  for (let i = 0; client.set(`${i}`, 'x'.repeat(100), { expires }) === Status.SUCCESS; i++);
  client.travel(10)
  expect(client.set('large', 'x'.repeat(900_000))).toBe(Status.SUCCESS)
  expect(client.set('other', 'x'.repeat(HALF))).toBe(Status.SUCCESS)
  expect(client.stats().evictions).toBe(0)
  audit(client.arena)
  client.stop()
})

test('a store succeeds in whatever class, in one megabyte too', () => {
  const client = start(1)
  const sizes = [10, 500_000, 100, 900_000, 3000, 20_000, 10, 400_000]
  for (let round = 0; round < 20; round++) {
    for (const size of sizes) {
      expect(client.set(`${size}`, 'x'.repeat(size))).toBe(Status.SUCCESS)
      expect(client.get(`${size}`)).toHaveLength(size)
    }
  }
  expect(client.stats('slabs').total_malloced).toBe(MEGABYTE)
  audit(client.arena)
  client.stop()
})

/** Gets keys at random, and stores those that are missing: the share of hits. */
function lookAside (client: Client, prefix: string, size: number, keys: number, times: number) {
  let random = 7
  let hits = 0
  for (let i = 0; i < times; i++) {
    random = Math.imul(random, 1664525) + 1013904223 | 0
    // The product of two draws makes some keys far more popular than others.
    const key = Math.floor((random >>> 8) / 2 ** 24 * (random >>> 4 & 0xfff) / 4096 * keys)
    if (client.get(`${prefix} ${key}`) !== null) hits++
    else client.set(`${prefix} ${key}`, 'x'.repeat(size))
  }
  return hits / times
}

test('after the sizes have shifted, the hits come back to what a fresh memory would give', () => {
  const fresh = start(16)
  lookAside(fresh, 'large', 3000, 8000, 20_000)
  const expected = lookAside(fresh, 'large', 3000, 8000, 10_000)
  fresh.stop()
  const shifted = start(16)
  lookAside(shifted, 'small', 100, 200_000, 200_000)
  expect(shifted.stats().evictions).toBeGreaterThan(0)
  lookAside(shifted, 'large', 3000, 8000, 20_000)
  expect(lookAside(shifted, 'large', 3000, 8000, 10_000)).toBeGreaterThan(0.9 * expected)
  expect(countChunks(shifted.arena)).toBe(shifted.stats().curr_items)
  audit(shifted.arena)
  shifted.stop()
})

test('a class that is used keeps its pages, though it never evicts', () => {
  const client = start(16)
  for (let i = 0; i < 20_000; i++) client.set(`kept ${i}`, 'x'.repeat(100))
  const pages = client.stats('slabs')['3:total_pages']
  fill(client, 3000)
  for (let i = 0; i < 30_000; i++) {
    client.set(`large ${i}`, 'x'.repeat(3000))
    client.get(`kept ${i % 20_000}`)
  }
  expect(client.stats('slabs')['3:total_pages']).toBe(pages)
  expect(client.stats().slabs_moved).toBe(0)
  client.stop()
})
