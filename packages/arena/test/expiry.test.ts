import { Status } from '@memplug/engine'
import { audit, countChunks } from './audit.js'
import { Client, MEGABYTE } from './client.js'
import { PlainEngine } from './plain-allocator.js'

/** Chunks in 8 MiB: 8 pages of 1023. */
const ROOM = 8 * 1023

const start = (settings = {}) =>
  new Client(new PlainEngine(), { memoryLimit: 8 * MEGABYTE, ...settings })

/** Fills the memory; tells each item by its number when it expires. */
function fill (client: Client, expires: (i: number) => number): void {
  for (let i = 0; i < ROOM; i++) {
    if (client.set(`old ${i}`, 'x', { expires: expires(i) }) !== Status.SUCCESS) throw new Error()
  }
  expect(client.stats().evictions).toBe(0)
}

test.each([
  ['mixed with others', (i: number) => i % 2 === 0],
  ['the oldest', (i: number) => i < ROOM / 2],
  ['the newest', (i: number) => i >= ROOM / 2],
  ['one in twenty', (i: number) => i % 20 === 0]
])('with expired items in the memory (%s), stores reclaim and evict nothing', (_, mortal) => {
  const client = start()
  fill(client, i => mortal(i) ? client.host.now() + 10 : 0)
  client.travel(10)
  let dead = 0
  for (let i = 0; i < ROOM; i++) if (mortal(i)) dead++
  for (let i = 0; i < dead; i++) expect(client.set(`new ${i}`, 'y')).toBe(Status.SUCCESS)
  const { evictions, reclaimed, expired_unfetched: unfetched } = client.stats()
  // Before it comes to the newest, the crawler walks over more than it may for one store.
  expect(evictions).toBeLessThanOrEqual(1)
  expect(reclaimed).toBe(dead - evictions)
  expect(unfetched).toBe(reclaimed)
  let alive = 0
  for (let i = 0; i < ROOM; i++) if (client.get(`old ${i}`) !== null) alive++
  expect(alive).toBe(ROOM - dead - evictions)
  audit(client.arena)
  client.stop()
})

test('items that were touched to live longer are not reclaimed, those to live shorter are', () => {
  const client = start()
  fill(client, i => i % 2 === 0 ? client.host.now() + 10 : client.host.now() + 1000)
  for (let i = 0; i < ROOM; i += 20) {
    expect(client.engine.touch(client.ask(`old ${i}`, { expires: 0 }))).toBe(Status.SUCCESS)
    client.engine.release(client.op)
    client.engine.touch(client.ask(`old ${i + 1}`, { expires: client.host.now() + 5 }))
    client.engine.release(client.op)
  }
  client.travel(10)
  for (let i = 0; i < ROOM / 2 - 10; i++) client.set(`new ${i}`, 'y')
  expect(client.stats().evictions).toBe(0)
  for (let i = 0; i < ROOM; i += 20) {
    expect(client.get(`old ${i}`)).toBe('x')
    expect(client.get(`old ${i + 1}`)).toBeNull()
    expect(client.get(`old ${i + 3}`)).toBe('x')
  }
  audit(client.arena)
  client.stop()
})

test('without evictions a full memory refuses, until something expires', () => {
  const client = start({ evictions: false })
  fill(client, i => i === ROOM - 1 ? client.host.now() + 10 : 0)
  expect(client.set('new', 'y')).toBe(Status.NO_MEMORY)
  client.travel(9)
  expect(client.set('new', 'y')).toBe(Status.NO_MEMORY)
  client.travel(1)
  expect(client.set('new', 'y')).toBe(Status.SUCCESS)
  expect(client.set('newer', 'y')).toBe(Status.NO_MEMORY)
  expect(client.stats('items')['items:1:outofmemory']).toBe(3)
  expect(client.stats()).toMatchObject({ evictions: 0, reclaimed: 1, curr_items: ROOM })
  client.stop()
})

test('upkeep frees what has expired though nobody asks for room', async () => {
  const client = start()
  fill(client, i => i % 4 === 0 ? 0 : client.host.now() + 10)
  client.travel(15)
  while (countChunks(client.arena) > ROOM / 4) await new Promise(resolve => setTimeout(resolve, 20))
  expect(client.stats()).toMatchObject({
    curr_items: ROOM / 4, crawler_reclaimed: ROOM * 3 / 4, reclaimed: 0, evictions: 0
  })
  audit(client.arena)
  client.stop()
})

test('an expired item that is held is unlinked, and its chunk freed after its release', () => {
  const client = start()
  client.set('a', 'value', { expires: client.host.now() + 10 })
  client.engine.get(client.ask('a'))
  const { item, value, valueStart, valueEnd } = client.op
  client.travel(10)
  expect(client.get('a')).toBeNull()
  expect(client.stats()).toMatchObject({ get_expired: 1, curr_items: 0, bytes: 0 })
  expect(value.toString('latin1', valueStart, valueEnd)).toBe('value')
  expect(countChunks(client.arena)).toBe(1)
  client.op.item = item
  client.engine.release(client.op)
  expect(countChunks(client.arena)).toBe(0)
  client.stop()
})

test('with few expiring at a time, a store looks at few items', () => {
  const client = start()
  fill(client, i => i === 0 ? client.host.now() + 10 : client.host.now() + 5000 + i)
  client.travel(10)
  client.set('first', 'y')
  // The walk that found one in 8184 is followed by a rest, in which eight are looked at.
  client.travel(1)
  for (let i = 0; i < 10; i++) client.set(`walk ${i}`, 'y', { expires: client.host.now() + 1 })
  client.travel(1)
  const before = client.stats().crawler_items_checked
  client.set('next', 'y')
  expect(client.stats().crawler_items_checked - before).toBeLessThanOrEqual(4096)
  client.stop()
})
