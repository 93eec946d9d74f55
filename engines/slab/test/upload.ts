import { Op, Status } from '@memplug/engine'
import type { Client } from '../../../packages/arena/test/client.js'
import type { Operator } from './operator.js'

/** Rooms for values whose upload has begun and not ended. */
export function upload (
  client: Client, count: number, size: number
): { ops: Op[], refused: number } {
  const ops = []
  let refused = 0
  for (let i = 0; i < count; i++) {
    const op = new Op()
    op.key = Buffer.from(`upload ${i}`)
    op.keyEnd = op.key.length
    op.size = size
    if (client.engine.allocate(op) === Status.SUCCESS) ops.push(op)
    else refused++
  }
  return { ops, refused }
}

/** A page of a class with so many items of a size waits for what is being uploaded to it. */
export function expectToWaitForUpload (
  client: Operator, sizeClass: number, perPage: number, size: number
): void {
  const { ops: [op] } = upload(client, 1, size)
  client.fill('item', 2 * perPage, size)
  for (let i = 0; i < 2 * perPage; i += 2) client.remove(`item ${i}`)
  expect(client.command(`slabs reassign ${sizeClass} 0`)).toBe('OK')
  client.work(50)
  expect(client.stats()).toMatchObject({ slab_reassign_running: 1, slabs_moved: 0 })
  op.value.fill('u', op.valueStart, op.valueEnd)
  expect(client.engine.store(op)).toBe(Status.SUCCESS)
  client.engine.release(op)
  client.work()
  expect(client.stats()).toMatchObject({ slabs_moved: 1, evictions: 0 })
  expect(client.get('upload 0')).toBe('u'.repeat(size))
}
