import { Status, Store } from '@memplug/engine'
import { expiryOf, Kind, Opcode, read32 } from '@memplug/protocol'
import type { Connection } from '../connection.js'
import { Counter } from '../counters.js'
import { countSet } from '../stats/detail.js'
import { countCas } from '../text/storage.js'
import { refuseValue } from '../parts.js'
import { Hold, TIMED_OUT, type Outcome, type Task } from '../task.js'
import { beginValue } from '../upload.js'
import { putError, putSuccess, statusOf } from './reply.js'

/** Set, Add, Replace, Append, Prepend and their quiet forms. */

const modes = new Uint8Array(256)
modes[Opcode.ADD] = modes[Opcode.ADDQ] = Store.ADD
modes[Opcode.REPLACE] = modes[Opcode.REPLACEQ] = Store.REPLACE
modes[Opcode.APPEND] = modes[Opcode.APPENDQ] = Store.APPEND
modes[Opcode.PREPEND] = modes[Opcode.PREPENDQ] = Store.PREPEND

export function store (
  connection: Connection, task: Task, kind: Kind, input: Buffer, extras: number,
  valueStart: number, size: number, end: number
): number {
  const { core, core: { clock, guard, hasCas } } = connection
  const { op } = task
  if (core.shared.detail) countSet(core, task)
  op.mode = modes[task.command]!
  op.size = size
  op.flags = op.expires = 0
  if (kind === Kind.STORE) {
    op.flags = read32(input, extras)
    op.expires = expiryOf(read32(input, extras + 4) >>> 0, clock.now, clock.epoch)
    // With a cas, Add and Replace do as Set does: the item is there, and its cas decides.
    if (op.compare) op.mode = Store.SET
  }
  let status = guard.testCapacity(op.keyEnd - op.keyStart, size)
  if (status === Status.SUCCESS) {
    status = op.compare && !hasCas ? Status.NOT_SUPPORTED : guard.allocate(op)
  }
  if (status === Status.SUCCESS) {
    return beginValue(connection, task, finishStore, input, valueStart, end)
  }
  refuseValue(connection, size)
  refuse(connection, task, status)
  return valueStart
}

function refuse (connection: Connection, task: Task, status: Status): void {
  const { op } = task
  const finish = status === Status.TOO_LARGE ? finishTooLarge
    : status === Status.NO_MEMORY ? finishNoMemory : finishRefused
  if (finish !== finishRefused) connection.core.guard.noteRefused(task.op, status)
  const isSet = task.command === Opcode.SET || task.command === Opcode.SETQ
  if (!isSet || finish === finishRefused) {
    finish(connection, task, status)
    return
  }
  // A value that could not be replaced must not be taken for the new one.
  op.mode = 0
  op.compare = false
  connection.takeAgain(task, connection.core.guard.remove(op), finish, Hold.NEVER)
}

function finishTooLarge (connection: Connection, task: Task): void {
  connection.core.counters[Counter.store_too_large]++
  putError(connection, task, Status.TOO_LARGE)
}

function finishNoMemory (connection: Connection, task: Task): void {
  connection.core.counters[Counter.store_no_memory]++
  putError(connection, task, Status.NO_MEMORY)
}

function finishRefused (connection: Connection, task: Task, outcome: Outcome): void {
  putError(connection, task, statusOf(outcome))
}

function finishStore (connection: Connection, task: Task, outcome: Outcome): void {
  const { core } = connection
  const { op } = task
  if (outcome === Status.NOT_SUPPORTED && op.mode >= Store.APPEND) {
    connection.takeAgain(task, core.emulate.join(task), finishStore, Hold.ALWAYS)
    return
  }
  core.counters[Counter.cmd_set]++
  // memcached counts a cas of Set, Add and Replace alone.
  if (op.compare && op.mode < Store.APPEND) countCas(core.counters, outcome)
  if (outcome !== TIMED_OUT) core.guard.release(op)
  const isRoomless = outcome === Status.TOO_LARGE || outcome === Status.NO_MEMORY
  if (isRoomless && op.mode < Store.APPEND) refuse(connection, task, outcome)
  else if (outcome !== Status.SUCCESS) putError(connection, task, statusFor(task, outcome))
  else putSuccess(connection, task, op.itemCasLow, op.itemCasHigh)
}

/** The protocol's status for a condition that did not hold differs from opcode to opcode. */
function statusFor ({ op }: Task, outcome: Outcome): number {
  const joins = op.mode >= Store.APPEND
  if (outcome === Status.TOO_LARGE && joins) return Status.NOT_STORED
  if (outcome === Status.NOT_FOUND && joins) return Status.NOT_STORED
  if (outcome !== Status.NOT_STORED) return statusOf(outcome)
  if (op.mode === Store.ADD) return Status.EXISTS
  return op.mode === Store.REPLACE ? Status.NOT_FOUND : Status.NOT_STORED
}
