import { Status } from '@memplug/engine'
import { WireStatus } from '@memplug/protocol'
import type { Connection } from '../connection.js'
import { flushAllItems } from '../flush.js'
import { Hold, type Outcome, type Task } from '../task.js'
import { MEMCACHED_VERSION } from '../version.js'
import { putError, putPacket, putSuccess, statusOf } from './reply.js'

/** Flush, No-op, Version, Quit. */

const VERSION = Buffer.from(MEMCACHED_VERSION, 'latin1')

/** `exptime` is unsigned. */
export function flush (connection: Connection, task: Task, exptime: number): void {
  const answer = flushAllItems(connection.core, exptime >>> 0)
  if (answer === null) putError(connection, task, WireStatus.AUTH_ERROR)
  else connection.take(task, answer, finishFlush, Hold.NEVER)
}

function finishFlush (connection: Connection, task: Task, outcome: Outcome): void {
  if (outcome === Status.SUCCESS) putSuccess(connection, task, 0, 0)
  else putError(connection, task, statusOf(outcome))
}

export function noop (connection: Connection, task: Task): void {
  putSuccess(connection, task, 0, 0)
}

export function version (connection: Connection, task: Task): void {
  putPacket(connection, task, '', VERSION)
}

export function quit (connection: Connection, task: Task): void {
  putSuccess(connection, task, 0, 0)
  connection.end('normal')
}
