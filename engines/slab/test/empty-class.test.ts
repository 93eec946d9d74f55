import { Client } from '../../../packages/arena/test/client.js'
import { SlabEngine } from '../src/index.js'

test('a class is told when its last item is gone, and counts as active while it has a page', () => {
  const client = new Client(new SlabEngine())
  expect(client.stats('slabs')).toMatchObject({ active_slabs: 0 })
  expect(client.stats('slabs')).not.toHaveProperty('1:used_chunks')
  client.set('a', 'x')
  expect(client.stats('slabs')).toMatchObject({ '1:used_chunks': 1, active_slabs: 1 })
  client.remove('a')
  const { active_slabs: active, '1:used_chunks': used, '1:total_pages': pages } =
    client.stats('slabs')
  expect([used, active]).toEqual([0, pages])
  client.stop()
})
