import { Status, Stream } from '@memplug/engine'
import type { Evictor } from '@memplug/arena'
import type { Eviction } from '../../../packages/arena/src/eviction.js'
import { Client, MEGABYTE } from '../../../packages/arena/test/client.js'
import type { SlabAllocator } from '../src/allocator.js'
import { SlabEngine } from '../src/index.js'

test('what the automover sends on its way is told', () => {
  const client = new Client(new SlabEngine(), { memoryLimit: 16 * MEGABYTE })
  const { allocator, eviction } = client.engine as unknown as {
    allocator: SlabAllocator, eviction: Evictor
  }
  for (let i = 0; i < 1500; i++) {
    expect(client.set(`item ${i}`, 'x'.repeat(10_000))).toBe(Status.SUCCESS)
  }
  const events: string[] = []
  Object.assign(client.host, { watch: { event: (text: string) => { events.push(text) } } })
  client.engine.administer(['cache_memlimit', '12'], () => {})
  for (let i = 0; i < 10_000 && events.length === 0; i++) allocator.maintain(eviction)
  expect(events.length).toBeGreaterThan(0)
  expect(new Set(events)).toEqual(new Set(['type=slab_move src=22 dst=0 state=start']))
  client.engine.destroy()
})

test('a walk of the crawler is told', () => {
  const client = new Client(new SlabEngine(), { memoryLimit: 16 * MEGABYTE })
  const { eviction } = client.engine as unknown as { eviction: Eviction }
  const events: string[] = []
  const watch = { streams: new Int32Array(1), event: (text: string) => { events.push(text) } }
  Object.assign(client.host, { watch })
  for (let i = 0; i < 10; i++) client.set(`item ${i}`, 'x', { expires: i < 4 ? 7 : 0 })
  client.host.clock.time += 10
  eviction.sweep(1000)
  expect(events).toEqual([])
  watch.streams[0] = Stream.SYSEVENTS
  for (let i = 0; i < 2; i++) client.set(`item ${i}`, 'x', { expires: 17 })
  client.host.clock.time += 10
  eviction.sweep(1000)
  expect(events).toEqual(['type=lru_crawler crawler=1 lru=hot low_mark=0 next_reclaims=0 ' +
    'since_run=10 next_run=0 elapsed=0 examined=8 reclaimed=2'])
  client.engine.destroy()
})
