import { words } from '@memplug/protocol'
import { firstReading } from './auth/first-reading.js'
import type { Connection } from './connection.js'
import { Counter } from './counters.js'
import { Reading } from './reading.js'

/** What a connection has of requests that have not wholly come, or never will. */

/** The first byte of all. */
export function decideProtocol (connection: Connection, first: number): void {
  const reading = firstReading(connection.core, first)
  if (reading === null) connection.end()
  else connection.reading = connection.idle = reading
}

/** Skips `size` bytes that are no request. */
export function refuseValue (connection: Connection, size: number): void {
  connection.left = size
  connection.partSince = connection.core.clock.now
  connection.reading = size > 0 ? Reading.REFUSED_VALUE : connection.idle
}

/** Skips the rest of the line. */
export function refuseLine (connection: Connection): void {
  connection.reading = Reading.REFUSED_LINE
  connection.partSince = connection.core.clock.now
  connection.inMultiget = false
}

/**
 * A request has begun that is not whole yet. Of a get line that goes on and on it is the beginning
 * that counts, whatever came of it: `keys` is how many were read when this turn began.
 */
export function noteBegin (connection: Connection, keys: number): void {
  const { reading, get } = connection
  if (reading === Reading.KEYS && get.keys >= keys) return
  // Of a value, or what is refused, it was noted before.
  if (reading >= Reading.VALUE && reading <= Reading.REFUSED_LINE) return
  connection.partSince = connection.core.clock.now
}

/** There is no memory for what has come of a request. */
export function refuseForMemory (connection: Connection): false {
  connection.core.counters[Counter.read_buf_oom]++
  connection.reply(words.NO_MEMORY_READ)
  connection.end()
  return false
}
