import { audit, countChunks } from '../../../packages/arena/test/audit.js'
import { MEGABYTE } from '../../../packages/arena/test/client.js'
import { Team } from './team.js'

const LONG = 60_000

test('two threads that count to a million each on one key count to two million', async () => {
  const team = new Team(64)
  team.set('key 0', '0')
  expect(await team.do('count', 1_000_000)).toEqual([1_000_000, 1_000_000])
  expect(team.get('key 0')!.trimEnd()).toBe('2000000')
  audit(team.arena)
  team.stop()
}, LONG)

test('no value is torn while threads set, get, remove and evict few keys', async () => {
  const team = new Team(2)
  expect(await team.do('tear', 100_000)).toEqual([0, 0])
  expect(team.stats().evictions).toBeGreaterThan(0)
  audit(team.arena)
  expect(countChunks(team.arena)).toBe(team.stats().curr_items)
  team.stop()
}, LONG)

test('pages move under the feet of threads, and no value is torn or lost', async () => {
  const team = new Team(48)
  const asking = setInterval(() => {
    team.engine.administer(['slabs', 'reassign', '-1', String(1 + Date.now() % 39)], () => {})
  }, 1)
  expect(await team.do('mix', 200_000)).toEqual([0, 0])
  clearInterval(asking)
  const stats = team.stats()
  expect(stats.slabs_moved).toBeGreaterThan(0)
  expect(stats.slab_reassign_rescues).toBeGreaterThan(0)
  // What is still being moved has a chunk reserved for it.
  while (team.stats().slab_reassign_running !== 0) {
    await new Promise(resolve => { setTimeout(resolve, 1) })
  }
  audit(team.arena)
  expect(countChunks(team.arena)).toBe(team.stats().curr_items)
  team.stop()
}, LONG)

test('of the stores that race with one cas exactly one wins', async () => {
  const team = new Team(64)
  team.set('key 1', 'x')
  const wins = await team.do('race', 20_000)
  expect(wins[0] + wins[1]).toBe(20_000)
  audit(team.arena)
  team.stop()
}, LONG)

test('threads that fill the memory with all sizes are never refused, and keep to it', async () => {
  const team = new Team(16)
  expect(await team.do('fill', 30_000)).toEqual([0, 0])
  expect(team.stats('slabs').total_malloced).toBeLessThanOrEqual(16 * MEGABYTE)
  const { evictions, slabs_moved: moved } = team.stats()
  expect(evictions).toBeGreaterThan(0)
  expect(moved).toBeGreaterThan(0)
  audit(team.arena)
  team.stop()
}, LONG)

test('the table grows under the feet of threads that store, and loses nothing', async () => {
  const team = new Team(64)
  expect(await team.do('grow', 100_000)).toEqual([0, 0])
  expect(team.stats().curr_items).toBe(200_000)
  expect(team.stats().hash_bytes).toBeGreaterThan(4 * 130_000)
  audit(team.arena)
  team.stop()
}, LONG)

test('the holds of a thread that died end when its successor starts', async () => {
  const team = new Team(64)
  await team.do('hold', 1, 1)
  await team.engine.flush()
  for (let i = 0; i < 16; i++) expect(team.get(`key ${i}`)).toBeNull()
  expect(countChunks(team.arena)).toBe(16)
  await team.do('idle', 1, 1)
  expect(countChunks(team.arena)).toBe(0)
  team.stop()
}, LONG)
