import { Op, Status } from '@memplug/engine'
import { audit, countChunks } from '../../../packages/arena/test/audit.js'
import { MEGABYTE } from '../../../packages/arena/test/client.js'
import { countItemChunks } from './item-chunks.js'
import { Operator } from './operator.js'
import { expectToWaitForUpload } from './upload.js'

/** Chunks of 4 KiB, whose class is the seventeenth; values of 11,000 bytes take three of them. */
const start = (megabytes = 8, more: Record<string, string> = {}) =>
  new Operator(megabytes, { slab_automove: '0', slab_chunk_max: '4', ...more })
const CLASS = 17
const SIZE = 11_000
const PER_PAGE = 85

function check (client: Operator): void {
  audit(client.arena)
  expect(countItemChunks(client.arena)).toBe(countChunks(client.arena))
  client.stop()
}

/** Four pages, with every other item of them. */
function startHalfFull (): Operator {
  const client = start()
  client.fill('item', 4 * PER_PAGE, SIZE)
  for (let i = 0; i < 4 * PER_PAGE; i += 2) client.remove(`item ${i}`)
  return client
}

test('what is on a page finds room on others of its class', () => {
  const client = startHalfFull()
  expect(client.command(`slabs reassign ${CLASS} 1`)).toBe('OK')
  client.work()
  const slabs = client.stats('slabs')
  expect([slabs[`${CLASS}:total_pages`], slabs[`${CLASS}:used_chunks`]]).toEqual(
    [3, 3 * 2 * PER_PAGE])
  expect(client.stats()).toMatchObject({
    slabs_moved: 1, evictions: 0, slab_reassign_rescues: 0, slab_reassign_busy_items: 0
  })
  // The page had every other of its items, of three chunks each.
  expect(client.stats().slab_reassign_chunk_rescues).toBe(3 * Math.floor(PER_PAGE / 2))
  expect(client.countWhole('item', 4 * PER_PAGE, SIZE)).toBe(2 * PER_PAGE)
  check(client)
})

test('items of all lengths are moved, each to as many chunks as it had', () => {
  const client = start()
  for (let i = 0; i < 400; i++) client.fill(`${i} of`, 1, 3000 + i % 7 * 4096)
  const { curr_items: before } = client.stats()
  for (let i = 0; i < 400; i += 2) client.remove(`${i} of 0`)
  expect(client.command(`slabs reassign ${CLASS} 0`)).toBe('OK')
  client.work()
  expect(client.stats()).toMatchObject({
    slabs_moved: 1, evictions: 0, curr_items: before / 2
  })
  expect(client.stats().slab_reassign_rescues).toBeGreaterThan(0)
  expect(client.stats().slab_reassign_chunk_rescues).toBeGreaterThan(10)
  for (let i = 1; i < 400; i += 2) {
    expect(client.countWhole(`${i} of`, 1, 3000 + i % 7 * 4096)).toBe(1)
  }
  check(client)
})

test('where memory is full as many items go as the page had, the oldest', () => {
  const client = start(4)
  client.fill('item', 4 * PER_PAGE, SIZE)
  // Since the first were used once more, the page with the oldest items is another.
  for (let i = 0; i < PER_PAGE; i++) client.set(`item ${i}`, `${i}`.padEnd(SIZE))
  const { evictions } = client.stats()
  expect(client.command(`slabs reassign ${CLASS} 0`)).toBe('OK')
  client.work()
  const stats = client.stats()
  expect(stats).toMatchObject({ slabs_moved: 1, slab_global_page_pool: 1 })
  expect(stats.evictions - evictions).toBeGreaterThan(PER_PAGE - 5)
  expect(stats.evictions - evictions).toBeLessThan(PER_PAGE + 5)
  expect(stats.slab_reassign_chunk_rescues).toBeGreaterThan(2 * PER_PAGE)
  expect(client.countWhole('item', 4 * PER_PAGE, SIZE)).toBe(stats.curr_items)
  check(client)
})

test('for an item that finds no gap that is long enough neighbours are cleared', () => {
  const client = start(4)
  client.fill('large', 3, 300_000)
  client.fill('item', 3 * PER_PAGE, SIZE)
  // Used as they are, they are not the next to be evicted.
  for (let i = 0; i < 2; i++) client.countWhole('large', 3, 300_000)
  expect(client.command(`slabs reassign ${CLASS} 0`)).toBe('OK')
  client.work()
  const stats = client.stats()
  expect(stats.slabs_moved).toBe(1)
  expect(client.countWhole('large', 3, 300_000)).toBe(3)
  expect(stats.slab_reassign_chunk_rescues).toBeGreaterThan(3 * 74 - 1)
  expect(client.countWhole('item', 3 * PER_PAGE, SIZE)).toBeGreaterThan(2 * PER_PAGE - 20)
  check(client)
})

test('what somebody reads is moved, and stays where it is until it was read', () => {
  const client = startHalfFull()
  expect(client.engine.get(client.ask('item 1'))).toBe(Status.SUCCESS)
  const held = Object.assign(new Op(), client.op)
  expect(client.command(`slabs reassign ${CLASS} 0`)).toBe('OK')
  client.work(50)
  expect(client.stats()).toMatchObject({ slab_reassign_running: 1, slabs_moved: 0 })
  expect(client.set('item 1', 'new')).toBe(Status.SUCCESS)
  expect(held.value.toString('latin1', held.valueStart, held.valueEnd)).toBe('1'.padEnd(SIZE))
  client.engine.release(held)
  client.work()
  expect(client.stats()).toMatchObject({ slabs_moved: 1, slab_global_page_pool: 1 })
  expect(client.get('item 1')).toBe('new')
  check(client)
})

test('a page waits for the upload of what is on it', () => {
  const client = start()
  expectToWaitForUpload(client, CLASS, PER_PAGE, SIZE)
  check(client)
})

test('a page of the pool goes to the class, and takes an item of its own length', () => {
  const client = start(4)
  client.fill('small', 4 * 1000, 900)
  for (let i = 0; i < 4 * 1000; i++) client.remove(`small ${i}`)
  client.fill('item', 1, SIZE)
  expect(client.command(`slabs reassign 0 ${CLASS}`)).toBe('OK')
  client.work()
  expect(client.stats('slabs')[`${CLASS}:total_pages`]).toBe(2)
  expect(client.set('page', 'x'.repeat(MEGABYTE - 100))).toBe(Status.SUCCESS)
  expect(client.stats('slabs')[`${CLASS}:total_pages`]).toBe(2)
  check(client)
})

test('a move that another process had begun is given up, and nothing is lost', () => {
  const client = startHalfFull()
  expect(client.engine.get(client.ask('item 1'))).toBe(Status.SUCCESS)
  expect(client.command(`slabs reassign ${CLASS} 0`)).toBe('OK')
  client.work(20)
  client.engine.release(client.op)
  expect(client.stats().slab_reassign_running).toBe(1)
  const { shared } = client.host
  client.stop()
  client.host.shared = structuredClone(shared)
  client.engine.initialize(client.host)
  client.work()
  expect(client.stats()).toMatchObject(
    { slab_reassign_running: 0, slabs_moved: 0, curr_items: 2 * PER_PAGE })
  expect(countChunks(client.arena)).toBe(3 * 2 * PER_PAGE)
  expect(client.command(`slabs reassign ${CLASS} 0`)).toBe('OK')
  client.work()
  expect(client.stats()).toMatchObject({ slabs_moved: 1, evictions: 0 })
  expect(client.countWhole('item', 4 * PER_PAGE, SIZE)).toBe(2 * PER_PAGE)
  client.fill('more', 3 * PER_PAGE, SIZE)
  check(client)
})

test('cache_memlimit gives more memory, and takes it back', () => {
  const client = start()
  client.fill('item', 8 * PER_PAGE, SIZE)
  expect(client.stats().evictions).toBe(0)
  expect(client.command('cache_memlimit 16')).toBe('OK')
  client.fill('more', 8 * PER_PAGE, SIZE)
  expect(client.stats()).toMatchObject({ evictions: 0, limit_maxbytes: 16 * MEGABYTE })
  client.command('slabs automove 1')
  expect(client.command('cache_memlimit 10')).toBe('OK')
  for (let i = 0; i < 10_000 && client.stats('slabs').total_malloced > 10 * MEGABYTE; i++) {
    client.allocator.maintain(client.evictor)
  }
  expect(client.stats('slabs').total_malloced).toBe(10 * MEGABYTE)
  expect(client.countWhole('more', 8 * PER_PAGE, SIZE)).toBeGreaterThan(8 * PER_PAGE - 20)
  client.fill('last', 20 * PER_PAGE, SIZE)
  expect(client.stats('slabs').total_malloced).toBe(10 * MEGABYTE)
  check(client)
})
