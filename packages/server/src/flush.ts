import { Status, type Answer } from '@memplug/engine'
import { expiryOf } from '@memplug/protocol'
import type { Core } from './core.js'
import { Counter } from './counters.js'

/**
 * protocol.txt, "flush_all": flushes now, or in `delay` seconds if that is positive; a later
 * flush takes the place of one still to come. Null if flushing is not allowed.
 */
export function flushAllItems (core: Core, delay: number): Answer | null {
  const { clock, guard, shared } = core
  core.counters[Counter.cmd_flush]++
  if (!core.settings.flushAll) return null
  shared.flushAt = 0
  const time = delay > 0 ? expiryOf(delay, clock.now, clock.epoch) : clock.now
  if (time <= clock.now) return guard.flush()
  shared.flushAt = time
  return Status.SUCCESS
}

/** To be called each second, on one thread: does the delayed flush that is due. */
export function flushIfDue ({ clock, guard, shared, waiting }: Core): void {
  if (shared.flushAt === 0 || shared.flushAt > clock.now) return
  shared.flushAt = 0
  waiting.watch(guard.flush())
}
