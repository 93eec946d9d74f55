import { Arithmetic, Status } from '@memplug/engine'
import { expiryOf, FRAME, Opcode, put32, putFrame, read32 } from '@memplug/protocol'
import type { Connection } from '../connection.js'
import { Counter } from '../counters.js'
import { Hold, type Outcome, type Task } from '../task.js'
import { putError, statusOf } from './reply.js'

/** Increment, Decrement and their quiet forms. Extras: delta, initial, expiration. */

/** This expiration: a miss makes no item. */
const NO_CREATE = -1
const RESULT = 8

const increments = (opcode: number): boolean =>
  opcode === Opcode.INCREMENT || opcode === Opcode.INCREMENTQ

export function arithmetic (
  connection: Connection, task: Task, input: Buffer, extras: number
): void {
  const { clock, guard } = connection.core
  const { op } = task
  op.mode = increments(task.command) ? Arithmetic.INCREMENT : Arithmetic.DECREMENT
  op.deltaHigh = read32(input, extras)
  op.deltaLow = read32(input, extras + 4)
  op.initialHigh = read32(input, extras + 8)
  op.initialLow = read32(input, extras + 12)
  const exptime = read32(input, extras + 16)
  const creates = exptime !== NO_CREATE
  if (creates) op.createExpires = expiryOf(exptime >>> 0, clock.now, clock.epoch)
  connection.take(task, guard.arithmetic(op), creates ? finishOrCreate : finishArithmetic,
    Hold.ON_SUCCESS)
}

/** A miss makes the item, which memcached counts neither as a hit nor as a miss. */
function finishOrCreate (connection: Connection, task: Task, outcome: Outcome): void {
  const { core: { emulate, guard } } = connection
  const { op } = task
  if (outcome === Status.NOT_SUPPORTED) {
    connection.takeAgain(task, emulate.arithmetic(task), finishOrCreate, Hold.ON_SUCCESS)
  } else if (outcome === Status.NOT_FOUND) {
    op.mode |= Arithmetic.CREATE
    connection.takeAgain(task, guard.arithmetic(op), finishCreated, Hold.ON_SUCCESS)
  } else finishArithmetic(connection, task, outcome)
}

function finishCreated (connection: Connection, task: Task, outcome: Outcome): void {
  const { core: { emulate } } = connection
  if (outcome === Status.NOT_SUPPORTED) {
    connection.takeAgain(task, emulate.arithmetic(task), finishCreated, Hold.ON_SUCCESS)
  } else if (outcome === Status.SUCCESS) succeed(connection, task)
  else putError(connection, task, statusOf(outcome))
}

function finishArithmetic (connection: Connection, task: Task, outcome: Outcome): void {
  const { core } = connection
  const up = increments(task.command)
  if (outcome === Status.NOT_SUPPORTED) {
    connection.takeAgain(task, core.emulate.arithmetic(task), finishArithmetic, Hold.ON_SUCCESS)
    return
  }
  if (outcome === Status.SUCCESS) {
    core.counters[up ? Counter.incr_hits : Counter.decr_hits]++
    succeed(connection, task)
    return
  }
  if (outcome === Status.NOT_FOUND) {
    core.counters[up ? Counter.incr_misses : Counter.decr_misses]++
  }
  putError(connection, task, statusOf(outcome))
}

function succeed (connection: Connection, task: Task): void {
  if (!task.quiet) putResult(connection, task)
  connection.core.guard.release(task.op)
}

function putResult (connection: Connection, task: Task): void {
  const { output } = connection.core
  const { op } = task
  connection.reserve(FRAME + RESULT)
  putFrame(output, task.command, Status.SUCCESS, 0, 0, RESULT, task.opaque,
    op.itemCasLow, op.itemCasHigh)
  put32(output, op.resultHigh)
  put32(output, op.resultLow)
}
