import { audit, countChunks } from '../../../packages/arena/test/audit.js'
import { MEGABYTE } from '../../../packages/arena/test/client.js'
import { countItemChunks } from './item-chunks.js'
import { Team } from './team.js'

const LONG = 60_000

async function check (team: Team): Promise<void> {
  // What is still being moved has chunks reserved for it.
  while (team.stats().slab_reassign_running !== 0) {
    await new Promise(resolve => { setTimeout(resolve, 1) })
  }
  audit(team.arena)
  expect(countItemChunks(team.arena)).toBe(countChunks(team.arena))
  team.stop()
}

test.each(['1', '32'])(
  'with chunks of %s KB no value is torn while threads set, get, remove and evict few keys',
  async slab_chunk_max => {
    const team = new Team(2, { slab_chunk_max })
    expect(await team.do('tear', 50_000)).toEqual([0, 0])
    expect(team.stats().evictions).toBeGreaterThan(0)
    await check(team)
  }, LONG)

test('pages move under the feet of threads, and no value is torn or lost', async () => {
  const team = new Team(24, { slab_chunk_max: '1' })
  const asking = setInterval(() => {
    team.engine.administer(['slabs', 'reassign', '-1', String(1 + Date.now() % 11)], () => {})
    team.engine.administer(['slabs', 'reassign', '11', '0'], () => {})
  }, 1)
  expect(await team.do('mix', 100_000)).toEqual([0, 0])
  clearInterval(asking)
  const stats = team.stats()
  expect(stats.slabs_moved).toBeGreaterThan(0)
  expect(stats.slab_reassign_chunk_rescues).toBeGreaterThan(0)
  await check(team)
}, LONG)

test.each(['2', '64'])(
  'threads that fill the memory with all sizes in chunks of %s KB are never refused',
  async slab_chunk_max => {
    const team = new Team(16, { slab_chunk_max })
    expect(await team.do('fill', 20_000)).toEqual([0, 0])
    expect(team.stats('slabs').total_malloced).toBeLessThanOrEqual(16 * MEGABYTE)
    expect(team.stats().evictions).toBeGreaterThan(0)
    await check(team)
  }, LONG)
