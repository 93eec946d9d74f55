import { Status } from '@memplug/engine'
import { errorBody, FRAME, putBytes, putFrame, putWord } from '@memplug/protocol'
import type { Connection } from '../connection.js'
import { TIMED_OUT, type Outcome, type Task } from '../task.js'

/** The longest body of an error. */
const ERROR_ROOM = 64

/** An error is sent in reply to a quiet request too. */
export function putError (connection: Connection, task: Task, status: number): void {
  const body = errorBody(status)
  connection.reserve(FRAME + ERROR_ROOM)
  putFrame(connection.core.output, task.command, status, 0, 0, body.length, task.opaque, 0, 0)
  putWord(connection.core.output, body)
  if (connection.core.verbose) connection.trace('>', 'error: ', body, 0, body.length)
}

/** A success without a body, unless the request was quiet. */
export function putSuccess (
  connection: Connection, task: Task, casLow: number, casHigh: number
): void {
  if (task.quiet) return
  connection.reserve(FRAME)
  putFrame(connection.core.output, task.command, Status.SUCCESS, 0, 0, 0, task.opaque,
    casLow, casHigh)
}

/** The protocol's status for what a request came to. */
export function statusOf (outcome: Outcome): number {
  return outcome === TIMED_OUT ? Status.TEMPORARY_FAILURE : outcome
}

/** A success with a key and a value, which together fit in the Output. */
export function putPacket (connection: Connection, task: Task, key: string, value: Buffer): void {
  const { output } = connection.core
  const name = Buffer.from(key)
  const body = name.length + value.length
  connection.reserve(FRAME + body)
  putFrame(output, task.command, Status.SUCCESS, 0, name.length, body, task.opaque, 0, 0)
  putBytes(output, name, 0, name.length)
  putBytes(output, value, 0, value.length)
}
