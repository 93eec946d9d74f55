import { Op, Status } from '@memplug/engine'
import { audit, countChunks } from '../../../packages/arena/test/audit.js'
import { MEGABYTE } from '../../../packages/arena/test/client.js'
import { Operator } from './operator.js'
import { expectToWaitForUpload } from './upload.js'

/** The class of values of 10,000 bytes, and how many share a page. */
const CLASS = 22
const PER_PAGE = 94

test('what is on a page finds room on others of its class', () => {
  const client = new Operator()
  client.fill('item', 4 * PER_PAGE, 10_000)
  // Of every other item, so that no page comes free by itself.
  for (let i = 0; i < 4 * PER_PAGE; i += 2) client.remove(`item ${i}`)
  client.set('another', 'x')
  expect(client.stats('slabs')[`${CLASS}:total_pages`]).toBe(4)
  expect(client.command(`slabs reassign ${CLASS} 1`)).toBe('OK')
  expect(client.command(`slabs reassign ${CLASS} 1`)).toBe(
    'BUSY currently processing reassign request')
  client.work()
  const after = client.stats('slabs')
  expect([after[`${CLASS}:total_pages`], after['1:total_pages']]).toEqual([3, 2])
  const stats = client.stats()
  expect(stats).toMatchObject({ slabs_moved: 1, evictions: 0, slab_reassign_busy_items: 0 })
  expect(stats.slab_reassign_rescues).toBeGreaterThan(PER_PAGE / 3)
  expect(client.countWhole('item', 4 * PER_PAGE, 10_000)).toBe(2 * PER_PAGE)
  audit(client.arena)
  client.stop()
})

test('where memory is full the oldest items make room', () => {
  const client = new Operator(4)
  client.fill('item', 4 * PER_PAGE, 10_000)
  expect(client.stats().evictions).toBe(0)
  expect(client.command(`slabs reassign ${CLASS} 0`)).toBe('OK')
  client.work()
  const stats = client.stats()
  expect(stats).toMatchObject({ slabs_moved: 1, slab_global_page_pool: 1 })
  expect(stats.evictions).toBeGreaterThan(10)
  // One more went than the page had, for the room of the first that was moved.
  expect(client.countWhole('item', 4 * PER_PAGE, 10_000)).toBe(3 * PER_PAGE - 1)
  audit(client.arena)
  client.stop()
})

test('an operator may have items evicted though there is free memory elsewhere', () => {
  const client = new Operator(64)
  client.fill('item', 4 * PER_PAGE, 10_000)
  expect(client.command(`slabs reassign ${CLASS} 0`)).toBe('OK')
  client.work()
  const stats = client.stats()
  expect(stats).toMatchObject({ slabs_moved: 1, slab_global_page_pool: 1 })
  expect(stats.evictions).toBeGreaterThan(10)
  expect(client.countWhole('item', 4 * PER_PAGE, 10_000)).toBe(3 * PER_PAGE - 1)
  client.stop()
})

test('for the automover nothing is evicted there, at first', () => {
  const client = new Operator(64)
  client.fill('item', 4 * PER_PAGE, 10_000)
  expect(client.allocator.reassignment.ask(CLASS, 0, false)).toBe('OK')
  client.work(10)
  const stats = client.stats()
  expect(stats).toMatchObject({ slabs_moved: 0, evictions: 0, slab_reassign_running: 1 })
  expect(stats.slab_reassign_busy_nomem).toBeGreaterThan(1)
  client.remove('item 0')
  client.stop()
})

test('what somebody reads is moved, and stays where it is until it was read', () => {
  const client = new Operator()
  client.fill('item', 4 * PER_PAGE, 10_000)
  for (let i = 0; i < 4 * PER_PAGE; i += 2) client.remove(`item ${i}`)
  expect(client.engine.get(client.ask('item 1'))).toBe(Status.SUCCESS)
  const held = Object.assign(new Op(), client.op)
  expect(client.command(`slabs reassign ${CLASS} 0`)).toBe('OK')
  client.work(50)
  expect(client.stats()).toMatchObject({ slab_reassign_running: 1, slabs_moved: 0 })
  expect(client.stats().slab_reassign_busy_items).toBeGreaterThan(0)
  expect(client.set('item 1', 'new')).toBe(Status.SUCCESS)
  expect(held.value.toString('latin1', held.valueStart, held.valueEnd)).toBe('1'.padEnd(10_000))
  client.engine.release(held)
  client.work()
  expect(client.stats()).toMatchObject({ slabs_moved: 1, slab_global_page_pool: 1 })
  expect(client.get('item 1')).toBe('new')
  audit(client.arena)
  client.stop()
})

test('a page waits for the upload of what is on it', () => {
  const client = new Operator()
  expectToWaitForUpload(client, CLASS, PER_PAGE, 10_000)
  audit(client.arena)
  client.stop()
})

test('what has expired is not moved', () => {
  const client = new Operator()
  const expires = client.host.now() + 10
  for (let i = 0; i < 3 * PER_PAGE; i++) client.set(`item ${i}`, 'x'.repeat(10_000), { expires })
  client.travel(10)
  expect(client.command(`slabs reassign ${CLASS} 0`)).toBe('OK')
  client.work()
  expect(client.stats()).toMatchObject({ slab_reassign_rescues: 0, evictions: 0 })
  audit(client.arena)
  client.stop()
})

test('a page of ten thousand items is moved a little at a time', () => {
  const client = new Operator()
  client.fill('i', 30_000, 30)
  for (let i = 0; i < 30_000; i += 2) client.remove(`i ${i}`)
  expect(client.command('slabs reassign 1 0')).toBe('OK')
  expect(client.work()).toBeGreaterThan(2)
  expect(client.stats()).toMatchObject({ slabs_moved: 1, evictions: 0 })
  audit(client.arena)
  client.stop()
})

test('a move that another process had begun is given up, and nothing is lost', () => {
  const client = new Operator()
  client.fill('item', 4 * PER_PAGE, 10_000)
  for (let i = 0; i < 4 * PER_PAGE; i += 2) client.remove(`item ${i}`)
  expect(client.engine.get(client.ask('item 1'))).toBe(Status.SUCCESS)
  expect(client.command(`slabs reassign ${CLASS} 0`)).toBe('OK')
  client.work(20)
  client.engine.release(client.op)
  expect(client.stats().slab_reassign_running).toBe(1)
  const { shared } = client.host
  client.stop()
  client.host.shared = shared
  client.engine.initialize(client.host)
  client.work()
  expect(client.stats()).toMatchObject(
    { slab_reassign_running: 0, slabs_moved: 0, curr_items: 2 * PER_PAGE })
  expect(countChunks(client.arena)).toBe(2 * PER_PAGE)
  expect(client.command(`slabs reassign ${CLASS} 0`)).toBe('OK')
  client.work()
  expect(client.stats()).toMatchObject({ slabs_moved: 1, evictions: 0 })
  expect(client.countWhole('item', 4 * PER_PAGE, 10_000)).toBe(2 * PER_PAGE)
  audit(client.arena)
  client.stop()
})

test('pages of the pool go to a class, and large items give up their pages', () => {
  const client = new Operator()
  for (let i = 0; i < 4; i++) client.set(`large ${i}`, 'x'.repeat(900_000))
  client.set('small', 'x')
  expect(client.command('slabs reassign 40 0')).toBe('OK')
  client.work()
  expect(client.command('slabs reassign 40 0')).toBe('OK')
  client.work()
  expect(client.stats()).toMatchObject({ slabs_moved: 2, slab_global_page_pool: 2 })
  expect(client.command('slabs reassign 0 1')).toBe('OK')
  client.work()
  expect(client.stats().slab_global_page_pool).toBe(1)
  expect(client.command('slabs reassign 0 1')).toMatch(/^NOSPARE/)
  expect(client.stats('slabs')['1:total_pages']).toBe(2)
  audit(client.arena)
  client.stop()
})

test.each([
  ['slabs', 'ERROR'],
  ['slabs automove', 'ERROR'],
  ['slabs reassign 1', 'ERROR'],
  ['slabs reassign 1 2 3', 'ERROR'],
  ['slabs reassign a b', 'CLIENT_ERROR bad command line format'],
  ['slabs reassign 1 99999999999', 'CLIENT_ERROR bad command line format'],
  ['slabs reassign 1 1', 'SAME src and dst class are identical'],
  ['slabs reassign -5 70', 'BADCLASS invalid src or dst class id'],
  ['slabs reassign -1 1', 'BADCLASS invalid src or dst class id'],
  ['slabs reassign 2 41', 'BADCLASS invalid src or dst class id'],
  ['slabs reassign 2 1', 'NOSPARE source class has no spare pages'],
  ['slabs automove 3', 'ERROR'],
  ['slabs automove invalid', 'CLIENT_ERROR bad command line format'],
  ['slabs automove ratio', 'ERROR'],
  ['slabs automove ratio x', 'ERROR'],
  ['slabs automove window', 'ERROR'],
  ['slabs automove window 2', 'CLIENT_ERROR automove window too low or too high'],
  ['slabs automove window 1801', 'CLIENT_ERROR automove window too low or too high'],
  ['cache_memlimit', 'ERROR'],
  ['cache_memlimit x', 'ERROR'],
  ['cache_memlimit -1', 'ERROR'],
  ['cache_memlimit 7', 'MEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m'],
  ['cache_memlimit 1000000001', 'MEMLIMIT_ADJUST_FAILED input value is megabytes not bytes'],
  ['cache_memlimit 1000000', 'MEMLIMIT_ADJUST_FAILED out of bounds or unable to adjust'],
  ['nothing', null]
])('to %j the answer is %j', (line, answer) => {
  const client = new Operator()
  expect(client.command(line)).toBe(answer)
  client.stop()
})

test('what the automover is told stands in the settings', () => {
  const client = new Operator(8, {})
  const settings = () => {
    const told: Record<string, string | number> = {}
    client.engine.getStats('settings', (name, value) => { told[name] = value })
    return told
  }
  expect(settings()).toMatchObject({
    maxbytes: 8 * MEGABYTE, slab_reassign: 'yes', slab_automove: 1, slab_automove_ratio: '0.80',
    slab_automove_window: 10, slab_chunk_max: 524288, slab_automove_freeratio: '0.010'
  })
  for (const what of ['2', 'ratio .5', 'window 30', 'freeratio 0.25']) {
    expect(client.command(`slabs automove ${what}`)).toBe('OK')
  }
  expect(client.command('cache_memlimit 9')).toBe('OK')
  expect(settings()).toMatchObject({
    maxbytes: 9 * MEGABYTE, slab_automove: 2, slab_automove_ratio: '0.50',
    slab_automove_window: 30, slab_automove_freeratio: '0.250'
  })
  client.stop()
})

test('no page is moved by command without slab_reassign', () => {
  const client = new Operator(8, { slab_reassign: 'false' })
  expect(client.command('slabs reassign 1 2')).toBe('CLIENT_ERROR slab reassignment disabled')
  client.stop()
})

test('a class without a page gets one beyond the limit where pages do not move', () => {
  const client = new Operator(2)
  client.fill('item', 3 * PER_PAGE, 10_000)
  const { evictions } = client.stats()
  client.fill('small', 100, 10)
  expect(client.stats().evictions).toBe(evictions)
  expect(client.stats('slabs').total_malloced).toBe(3 * MEGABYTE)
  // And it is given back as soon as a page comes free.
  expect(client.command(`slabs reassign ${CLASS} 0`)).toBe('OK')
  client.work()
  expect(client.stats().slab_global_page_pool).toBe(0)
  expect(client.stats('slabs').total_malloced).toBe(2 * MEGABYTE)
  client.stop()
})

test('cache_memlimit gives more memory, and takes it back', () => {
  const client = new Operator(8)
  client.fill('item', 8 * PER_PAGE, 10_000)
  expect(client.stats().evictions).toBe(0)
  expect(client.command('cache_memlimit 16')).toBe('OK')
  client.fill('more', 8 * PER_PAGE, 10_000)
  expect(client.stats()).toMatchObject({ evictions: 0, limit_maxbytes: 16 * MEGABYTE })
  expect(client.stats('slabs').total_malloced).toBe(16 * MEGABYTE)
  client.command('slabs automove 1')
  expect(client.command('cache_memlimit 10')).toBe('OK')
  for (let i = 0; i < 10_000 && client.stats('slabs').total_malloced > 10 * MEGABYTE; i++) {
    client.allocator.maintain(client.evictor)
  }
  expect(client.stats('slabs').total_malloced).toBe(10 * MEGABYTE)
  expect(client.countWhole('more', 8 * PER_PAGE, 10_000)).toBe(8 * PER_PAGE)
  expect(client.countWhole('item', 8 * PER_PAGE, 10_000)).toBeGreaterThan(PER_PAGE)
  client.fill('last', 20 * PER_PAGE, 10_000)
  expect(client.stats('slabs').total_malloced).toBe(10 * MEGABYTE)
  audit(client.arena)
  client.stop()
})
