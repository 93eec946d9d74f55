import type { AddStat, Answer } from '@memplug/engine'
import { Status } from '@memplug/engine'
import type { Core } from '../core.js'
import { walkItems } from '../walk.js'

/** What items are counted by. */
const STEP = 32

/** `stats sizes`: how many items there are of each size, rounded up to 32 bytes. */
export function addSizes (core: Core, add: AddStat): Answer {
  if (core.settings.trackSizes) return countSizes(core, add)
  add('sizes_status', 'disabled')
  return Status.SUCCESS
}

async function countSizes (core: Core, add: AddStat): Promise<Status> {
  const counts = new Map<number, number>()
  const status = await walkItems(core, ({ itemSize, keyStart, keyEnd, valueStart, valueEnd }) => {
    const size = itemSize > 0 ? itemSize : keyEnd - keyStart + valueEnd - valueStart
    const step = Math.ceil(size / STEP) * STEP
    counts.set(step, (counts.get(step) ?? 0) + 1)
    return true
  })
  // An engine that can't be walked over has nothing to tell, which is no fault of the request.
  if (status === Status.NOT_SUPPORTED) return Status.SUCCESS
  for (const [size, count] of [...counts].sort(([a], [b]) => a - b)) add(String(size), count)
  return status
}
