import { Status } from '@memplug/engine'
import {
  expiryOf, FRAME, isWithKey, Opcode, put32, putBytes, putFrame, putKey
} from '@memplug/protocol'
import type { Connection } from '../connection.js'
import { Counter } from '../counters.js'
import { SEND_HELD_FROM } from '../limits.js'
import { countGet } from '../stats/detail.js'
import { Hold, type Outcome, type Task } from '../task.js'
import { putError, statusOf } from './reply.js'

/** Get, GetK, Touch, GAT, GATK and their quiet forms. */

const FLAGS = 4

export function get (connection: Connection, task: Task): void {
  const answer = connection.core.guard.get(task.op)
  if (typeof answer === 'number' && connection.isInOrder) finishGet(connection, task, answer)
  else connection.take(task, answer, finishGet, Hold.ON_SUCCESS)
}

/** `exptime` is unsigned here: none is negative. */
export function touch (connection: Connection, task: Task, exptime: number): void {
  const { clock, guard } = connection.core
  task.op.expires = expiryOf(exptime >>> 0, clock.now, clock.epoch)
  connection.take(task, guard.touch(task.op), finishTouch, Hold.ON_SUCCESS)
}

function finishGet (connection: Connection, task: Task, outcome: Outcome): void {
  const { core, core: { counters } } = connection
  counters[Counter.cmd_get]++
  if (core.shared.detail) countGet(core, task, outcome)
  if (outcome === Status.SUCCESS) {
    counters[Counter.get_hits]++
    putHit(connection, task)
  } else if (outcome === Status.NOT_FOUND) {
    counters[Counter.get_misses]++
    putMiss(connection, task)
  } else putError(connection, task, statusOf(outcome))
}

function finishTouch (connection: Connection, task: Task, outcome: Outcome): void {
  const { core } = connection
  if (outcome === Status.NOT_SUPPORTED) {
    connection.takeAgain(task, core.emulate.touch(task), finishTouch, Hold.ON_SUCCESS)
    return
  }
  core.counters[Counter.cmd_touch]++
  if (core.shared.detail) countGet(core, task, outcome)
  if (outcome === Status.SUCCESS) {
    core.counters[Counter.touch_hits]++
    if (task.command === Opcode.TOUCH) putTouched(connection, task)
    else putHit(connection, task)
  } else if (outcome === Status.NOT_FOUND) {
    core.counters[Counter.touch_misses]++
    putMiss(connection, task)
  } else putError(connection, task, statusOf(outcome))
}

/** Frame, flags, for a K opcode the key, value. */
function putHit (connection: Connection, task: Task): void {
  const { output, guard } = connection.core
  const { op } = task
  const size = op.valueEnd - op.valueStart
  const keyLength = isWithKey[task.command] === 1 ? op.keyEnd - op.keyStart : 0
  const isHeld = size >= SEND_HELD_FROM
  connection.reserve(FRAME + FLAGS + keyLength + (isHeld ? 0 : size))
  putFrame(output, task.command, Status.SUCCESS, FLAGS, keyLength, FLAGS + keyLength + size,
    task.opaque, op.itemCasLow, op.itemCasHigh)
  put32(output, op.itemFlags)
  if (keyLength > 0) putKey(output, op.key, op.keyStart, op.keyEnd)
  if (isHeld) {
    connection.sendValue(task)
    return
  }
  putBytes(output, op.value, op.valueStart, op.valueEnd)
  guard.release(op)
}

/** The reply to Touch carries the flags, which the protocol's document does not say. */
function putTouched (connection: Connection, task: Task): void {
  const { output, guard } = connection.core
  const { op } = task
  connection.reserve(FRAME + FLAGS)
  putFrame(output, task.command, Status.SUCCESS, FLAGS, 0, FLAGS, task.opaque,
    op.itemCasLow, op.itemCasHigh)
  put32(output, op.itemFlags)
  guard.release(op)
}

/** A K opcode's miss carries the key in place of a text. */
function putMiss (connection: Connection, task: Task): void {
  if (task.quiet) return
  if (isWithKey[task.command] === 0) {
    putError(connection, task, Status.NOT_FOUND)
    return
  }
  const { output } = connection.core
  const { op } = task
  const keyLength = op.keyEnd - op.keyStart
  connection.reserve(FRAME + keyLength)
  putFrame(output, task.command, Status.NOT_FOUND, 0, keyLength, keyLength, task.opaque, 0, 0)
  putKey(output, op.key, op.keyStart, op.keyEnd)
}
