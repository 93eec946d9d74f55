import { Remove, Status, Store } from '@memplug/engine'
import { audit } from './audit.js'
import { Client, MEGABYTE } from './client.js'
import { PlainEngine } from './plain-allocator.js'

const start = (settings = {}) => new Client(new PlainEngine(), settings)

test('bytes and items follow every change', () => {
  const client = start()
  const bytes = () => client.stats().bytes
  client.set('abc', 'x'.repeat(100))
  expect(bytes()).toBe(48 + 3 + 100)
  client.set('abc', 'x'.repeat(10))
  expect(bytes()).toBe(48 + 3 + 10)
  client.set('abc', 'yy', { mode: Store.APPEND })
  expect(bytes()).toBe(48 + 3 + 12)
  client.remove('abc', { mode: Remove.EMPTY })
  expect(bytes()).toBe(48 + 3)
  client.set('n', '99')
  client.count('n', 1)
  expect(bytes()).toBe(48 + 3 + 48 + 1 + 3)
  client.remove('abc')
  client.remove('n')
  expect(client.stats()).toMatchObject({ bytes: 0, curr_items: 0, total_items: 6 })
  audit(client.arena)
  client.stop()
})

test('the general statistics have memcached\'s names', () => {
  const client = start()
  client.set('a', 'b')
  const stats = client.stats()
  for (const name of ['bytes', 'curr_items', 'total_items', 'evictions', 'reclaimed',
    'expired_unfetched', 'evicted_unfetched', 'hash_power_level', 'hash_bytes',
    'hash_is_expanding', 'slabs_moved', 'slab_reassign_running', 'get_expired', 'get_flushed']) {
    expect(stats).toHaveProperty(name)
  }
  expect(stats).toMatchObject({ hash_power_level: 16, hash_bytes: 4 * 65536 })
  // One chunk of 1024 for 2 bytes, and all of the table.
  expect(client.stats('engine')).toEqual({
    item_header_bytes: 48, item_overhead_bytes: 1024 - 2 + 4 * 65536
  })
  expect(client.engine.getStats('nonsense', () => { throw new Error() })).toBe(Status.NOT_FOUND)
  client.stop()
})

test('hits are counted for each class and each kind', () => {
  const client = start()
  client.set('a', '1')
  for (let i = 0; i < 5; i++) client.get('a')
  client.get('absent')
  client.count('a', 1)
  client.count('a', 1, { mode: 1 })
  client.engine.touch(client.ask('a'))
  client.engine.release(client.op)
  const { itemCasLow: casLow, itemCasHigh: casHigh } = client.op
  client.set('a', 'x', { compare: true, casLow: casLow - 1, casHigh })
  client.set('a', 'x', { compare: true, casLow, casHigh })
  client.remove('a')
  client.remove('a')
  expect(client.stats('slabs')).toMatchObject({
    '1:chunk_size': 1024, '1:chunks_per_page': 1023, '1:used_chunks': 0, '1:get_hits': 5,
    '1:cmd_set': 3, '1:delete_hits': 1, '1:incr_hits': 1, '1:decr_hits': 1, '1:cas_hits': 1,
    '1:cas_badval': 1, '1:touch_hits': 1, active_slabs: 1, total_malloced: 2048
  })
  client.stop()
})

test('items are told by class while there are any', () => {
  const client = start()
  expect(client.stats('items')).toEqual({})
  client.set('a', 'bc')
  client.travel(7)
  const items = client.stats('items')
  expect(items).toMatchObject({
    'items:1:number': 1, 'items:1:age': 7, 'items:1:mem_requested': 51, 'items:1:evicted': 0
  })
  expect(Object.keys(items).slice(0, 8).map(name => name.slice(8))).toEqual(
    ['number', 'number_hot', 'number_warm', 'number_cold', 'age_hot', 'age_warm', 'age',
      'mem_requested'])
  client.stop()
})

test('what was evicted is told, with the seconds since it was used', () => {
  const client = new Client(new PlainEngine(), { memoryLimit: MEGABYTE })
  for (let i = 0; i < 1023; i++) client.set(`${i}`, 'x', { expires: i < 2 ? 5000 : 0 })
  client.travel(9)
  for (let i = 0; i < 3; i++) client.set(`new ${i}`, 'x')
  expect(client.stats('items')).toMatchObject({
    'items:1:evicted': 3, 'items:1:evicted_nonzero': 2, 'items:1:evicted_time': 9,
    'items:1:evicted_unfetched': 3, 'items:1:direct_reclaims': 3
  })
  client.stop()
})

test('a store in the place of what had expired or was flushed reclaims it', () => {
  const client = start({ lruCrawler: false })
  client.set('a', 'x', { expires: client.host.now() + 1 })
  client.travel(1)
  client.set('a', 'y')
  expect(client.stats()).toMatchObject({ reclaimed: 1, get_expired: 1, curr_items: 1 })
  void client.engine.flush()
  client.set('a', 'z')
  expect(client.stats()).toMatchObject({ reclaimed: 2, get_flushed: 1, curr_items: 1 })
  client.set('a', 'z')
  expect(client.stats('items')['items:1:reclaimed']).toBe(2)
  client.stop()
})

test('a reset zeroes what was counted, not what there is', () => {
  const client = start()
  client.set('a', 'b')
  client.get('a')
  expect(client.stats('reset')).toEqual({})
  expect(client.stats()).toMatchObject({ curr_items: 1, bytes: 50, total_items: 0 })
  expect(client.stats('slabs')).toMatchObject({ '1:get_hits': 0, '1:used_chunks': 1 })
  client.stop()
})
