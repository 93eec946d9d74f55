import { Status } from '@memplug/engine'
import { FRAME, putBytes, putFrame, WireStatus } from '@memplug/protocol'
import type { Connection } from '../connection.js'
import { flushAllItems } from '../flush.js'
import { Hold, type Outcome, type Task } from '../task.js'
import { MEMCACHED_VERSION } from '../version.js'
import { putError, putSuccess, statusOf } from './reply.js'

/** Flush, No-op, Version, Stat, Quit. */

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

/** One packet per statistic, and one without a key at the end. */
export function stat (connection: Connection, task: Task): void {
  const { core } = connection
  const { op } = task
  const group = op.key.toString('latin1', op.keyStart, op.keyEnd)
  const told: [string, string][] = []
  const answer = core.stats.collect(group, (name, value) => {
    told.push([name, String(value)])
  })
  connection.take(task, answer, (_, asked, outcome) => {
    if (outcome !== Status.SUCCESS) {
      putError(connection, asked, statusOf(outcome))
      return
    }
    for (const [name, value] of told) {
      putPacket(connection, asked, name, Buffer.from(value))
    }
    putSuccess(connection, asked, 0, 0)
  }, Hold.NEVER)
}

export function quit (connection: Connection, task: Task): void {
  putSuccess(connection, task, 0, 0)
  connection.end()
}

function putPacket (connection: Connection, task: Task, key: string, value: Buffer): void {
  const { output } = connection.core
  const name = Buffer.from(key)
  const body = name.length + value.length
  connection.reserve(FRAME + body)
  putFrame(output, task.command, Status.SUCCESS, 0, name.length, body, task.opaque, 0, 0)
  putBytes(output, name, 0, name.length)
  putBytes(output, value, 0, value.length)
}
