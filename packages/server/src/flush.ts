import { Status, type Answer } from '@memplug/engine'
import { expiryOf } from '@memplug/protocol'
import type { Core } from './core.js'
import { Counter } from './counters.js'

/**
 * protocol.txt, "flush_all": flushes now, or in `delay` seconds if that is positive; a later
 * flush takes the place of one still to come. Null if flushing is not allowed.
 */
export function flushAllItems (core: Core, delay: number): Answer | null {
  const { clock, guard } = core
  core.counters[Counter.cmd_flush]!++
  if (!core.settings.flushAll) return null
  clock.clearAlarm()
  const time = delay > 0 ? expiryOf(delay, clock.now, clock.epoch) : clock.now
  if (time <= clock.now) return guard.flush()
  clock.setAlarm(time, () => { void guard.flush() })
  return Status.SUCCESS
}
