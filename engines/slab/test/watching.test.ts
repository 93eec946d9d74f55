import { Status } from '@memplug/engine'
import type { Evictor } from '@memplug/arena'
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
