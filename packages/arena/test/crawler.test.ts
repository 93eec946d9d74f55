import { jest } from '@jest/globals'
import { audit, countChunks } from './audit.js'
import { Client, MEGABYTE } from './client.js'
import { PlainEngine } from './plain-allocator.js'

const ITEMS = 5000
const start = (settings = {}) =>
  new Client(new PlainEngine(), { memoryLimit: 8 * MEGABYTE, ...settings })

/** Two in three will have expired after ten seconds. */
function fill (client: Client): void {
  for (let i = 0; i < ITEMS; i++) {
    client.set(`key ${i}`, 'x', { expires: i % 3 === 0 ? 0 : client.host.now() + 10 })
  }
  client.travel(10)
}

const order = (client: Client, ...words: string[]) => {
  let told = ''
  client.engine.administer(['lru_crawler', ...words], line => { told = line })
  return told
}

const untilDone = async (client: Client) => {
  while (client.stats().lru_crawler_running !== 0) {
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

test.each([['all'], ['1'], ['1,7']])('a crawl of %s frees exactly what has expired',
  async classes => {
    const client = start({ lruCrawler: false })
    fill(client)
    expect(countChunks(client.arena)).toBe(ITEMS)
    expect(order(client, 'crawl', classes)).toBe('OK')
    expect(order(client, 'crawl', 'all')).toBe('BUSY currently processing crawler request')
    await untilDone(client)
    const alive = Math.ceil(ITEMS / 3)
    expect(countChunks(client.arena)).toBe(alive)
    expect(client.stats()).toMatchObject({
      curr_items: alive, crawler_reclaimed: ITEMS - alive, crawler_items_checked: ITEMS,
      reclaimed: 0, evictions: 0, get_expired: 0, lru_crawler_running: 0
    })
    for (let i = 0; i < ITEMS; i += 3) expect(client.get(`key ${i}`)).toBe('x')
    audit(client.arena)
    client.stop()
  })

test('a crawl looks at no more items than tocrawl says, and begins where the last one ended',
  async () => {
    const client = start({ lruCrawler: false, lruCrawlerToCrawl: 1000 })
    fill(client)
    order(client, 'crawl', 'all')
    await untilDone(client)
    expect(client.stats()).toMatchObject({ crawler_items_checked: 1000, lru_crawler_starts: 1 })
    expect(order(client, 'tocrawl', '0')).toBe('OK')
    order(client, 'crawl', 'all')
    await untilDone(client)
    expect(client.stats()).toMatchObject({ curr_items: Math.ceil(ITEMS / 3) })
    client.stats('reset')
    expect(client.stats().lru_crawler_starts).toBe(0)
    client.stop()
  })

test('without the crawler nothing is freed by itself; enabled, it does, after a while',
  async () => {
    const client = start({ lruCrawler: false })
    fill(client)
    client.travel(10)
    await new Promise(resolve => setTimeout(resolve, 300))
    expect(client.stats()).toMatchObject({ curr_items: ITEMS, crawler_items_checked: 0 })
    expect(order(client, 'enable')).toBe('OK')
    while (client.stats().curr_items > Math.ceil(ITEMS / 3)) {
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    expect(client.stats().crawler_reclaimed).toBe(ITEMS - Math.ceil(ITEMS / 3))
    expect(client.stats().lru_crawler_starts).toBeGreaterThanOrEqual(1)
    client.stop()
  })

test('what was flushed is freed by a crawl too, and not counted as unfetched', async () => {
  const client = start({ lruCrawler: false })
  for (let i = 0; i < 100; i++) client.set(`key ${i}`, 'x')
  void client.engine.flush()
  client.set('new', 'x')
  order(client, 'crawl', 'all')
  await untilDone(client)
  expect(client.stats()).toMatchObject({
    curr_items: 1, crawler_reclaimed: 100, expired_unfetched: 0
  })
  client.stop()
})

test('the thread that asks need not be the one that crawls', async () => {
  const first = new Client(new PlainEngine(), { lruCrawler: false }, {}, 2)
  const { TestHost } = await import('@memplug/engine-kit')
  const host = new TestHost(first.host.settings, {}, first.host.clock, { thread: 1, threads: 2 })
  host.shared = first.host.shared
  const second = new Client(new PlainEngine(), host)
  fill(second)
  expect(order(second, 'crawl', 'all')).toBe('OK')
  expect(first.stats().lru_crawler_running).toBe(1)
  await untilDone(second)
  expect(first.stats().curr_items).toBe(Math.ceil(ITEMS / 3))
  second.stop()
  first.stop()
})

test('the crawler looks at few items while it has the lock of a list', async () => {
  const client = start({ lruCrawler: false })
  fill(client)
  const { locks, lists } = client.arena
  let most = 0
  let seen = 0
  const newer = lists.newer.bind(lists)
  jest.spyOn(lists, 'newer').mockImplementation(ref => {
    seen++
    return newer(ref)
  })
  const unlock = locks.unlockList.bind(locks)
  jest.spyOn(locks, 'unlockList').mockImplementation(list => {
    most = Math.max(most, seen)
    seen = 0
    unlock(list)
  })
  order(client, 'crawl', 'all')
  await untilDone(client)
  expect(most).toBeGreaterThan(0)
  expect(most).toBeLessThanOrEqual(16)
  client.stop()
})
