import { Op, Status } from '@memplug/engine'
import type { Client } from '../../../packages/arena/test/client.js'

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
