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
  if (exptime !== NO_CREATE) {
    op.mode |= Arithmetic.CREATE
    op.createExpires = expiryOf(exptime >>> 0, clock.now, clock.epoch)
  }
  connection.take(task, guard.arithmetic(op), finishArithmetic, Hold.ON_SUCCESS)
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
    if (!task.quiet) putResult(connection, task)
    core.guard.release(task.op)
    return
  }
  if (outcome === Status.NOT_FOUND) {
    core.counters[up ? Counter.incr_misses : Counter.decr_misses]++
  }
  putError(connection, task, statusOf(outcome))
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
