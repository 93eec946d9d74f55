import { openSync, readSync } from 'node:fs'
import process from 'node:process'

const SPACE = 32
const ZERO = 48
const NANOSECONDS = 1e6

const schedstat = openSync('/proc/thread-self/schedstat')
const buffer = Buffer.alloc(64)

/**
 * Milliseconds for which this thread has had a processor. Neither does it count while it waits
 * for one, nor while the hypervisor takes it from the machine, as far as it says so. What
 * interrupts do in the thread's name counts.
 */
export function processorTime () {
  // Asked for it, the system brings up to date what else it counted at the last tick.
  process.cpuUsage()
  readSync(schedstat, buffer, 0, buffer.length, 0)
  let nanoseconds = 0
  for (let at = 0; buffer[at] !== SPACE; at++) {
    nanoseconds = 10 * nanoseconds + buffer[at] - ZERO
  }
  return nanoseconds / NANOSECONDS
}
