import { Arithmetic, Get, Status, u64 } from '@memplug/engine'
import {
  Flag, META_REPLY_ROOM, metaWords, putEndOfLine, putFlagUnsigned64, putNumber, putUnsigned64,
  putWord, words, type Line, type MetaFlags
} from '@memplug/protocol'
import type { Connection } from '../../connection.js'
import { Counter } from '../../counters.js'
import { Hold, type Finish, type Outcome, type Task } from '../../task.js'
import { errorWord } from '../errors.js'
import { endReply, putEcho, putTtl, replyCode } from './reply.js'
import { asksBefore, expiryOfCreated, keepExpiry, readRequest } from './request.js'

/** protocol.txt, "Meta Arithmetic": ma <key> <flag>*\r\n */

const FIRST_FLAG = 2
const NO_MODE = -1

export function metaArithmetic (connection: Connection, line: Line, input: Buffer): void {
  const { core, core: { task, task: { op, flags } } } = connection
  const fault = readCount(connection, task, line, input)
  if (fault !== null) {
    connection.reply(fault)
    return
  }
  if (core.isAsync) task.keepKey()
  if (!asksBefore(flags)) {
    connection.take(task, core.guard.arithmetic(op), finishCount, Hold.ON_SUCCESS)
    return
  }
  // T, without which this would not be asked, is for engines with the feature 'meta'.
  op.mode = Get.PEEK | Get.UNCOUNTED
  connection.take(task, core.guard.get(op), finishLook, Hold.ON_SUCCESS)
}

/** Answers what is wrong, or null. */
function readCount (
  connection: Connection, task: Task, line: Line, input: Buffer
): Buffer | null {
  const { core } = connection
  const { op, flags } = task
  const fault = readRequest(connection, task, line, input, FIRST_FLAG)
  const isLong = fault === metaWords.LONG_OPAQUE
  if (fault !== null && !isLong) {
    return fault === words.BAD_LINE ? fault : metaWords.BAD_OR_DUPLICATE_FLAG
  }
  op.mode = modeOf(flags)
  if (op.mode === NO_MODE) return metaWords.BAD_COUNT_MODE
  if (isLong) return fault
  if (!core.hasMeta && (flags.has(Flag.EXPIRES) || flags.has(Flag.NEW_CAS))) {
    return metaWords.NOT_KEPT
  }
  op.deltaLow = flags.deltaLow
  op.deltaHigh = flags.deltaHigh
  op.initialLow = flags.initialLow
  op.initialHigh = flags.initialHigh
  op.createExpires = expiryOfCreated(flags)
  // Unlike other meta commands, to this one a cas of 0 is none.
  op.compare &&= (op.casLow | op.casHigh) !== 0
  return op.compare && !core.hasCas ? errorWord(Status.NOT_SUPPORTED) : null
}

function modeOf (flags: MetaFlags): number {
  const touch = flags.has(Flag.EXPIRES) ? Arithmetic.TOUCH : 0
  switch (flags.mode) {
    case 0: case 0x49: case 0x2b: return Arithmetic.INCREMENT | touch // I, +
    case 0x44: case 0x2d: return Arithmetic.DECREMENT | touch // D, -
    default: return NO_MODE
  }
}

/** The expiry that T is about to change is known. */
function finishLook (connection: Connection, task: Task, outcome: Outcome): void {
  if (outcome !== Status.SUCCESS && outcome !== Status.NOT_FOUND) {
    connection.reply(errorWord(outcome))
    return
  }
  keepExpiry(connection, task, outcome === Status.SUCCESS)
  count(connection, task, modeOf(task.flags), finishCount)
}

function count (connection: Connection, task: Task, mode: number, finish: Finish): void {
  const { core: { guard } } = connection
  task.op.mode = mode
  connection.takeAgain(task, guard.arithmetic(task.op), finish, Hold.ON_SUCCESS)
}

function finishCount (connection: Connection, task: Task, outcome: Outcome): void {
  const { core } = connection
  if (outcome === Status.NOT_SUPPORTED) {
    connection.takeAgain(task, core.emulate.arithmetic(task), finishCount, Hold.ON_SUCCESS)
  } else if (outcome === Status.SUCCESS) {
    core.counters[decrements(task) ? Counter.decr_hits : Counter.incr_hits]++
    putCounted(connection, task, false)
  } else if (outcome !== Status.NOT_FOUND) {
    refuse(connection, task, outcome)
  } else if (task.flags.has(Flag.CREATE)) {
    // Asked for only now, so that it is known which of the two was done.
    count(connection, task, modeOf(task.flags) | Arithmetic.CREATE, finishCreate)
  } else {
    core.counters[decrements(task) ? Counter.decr_misses : Counter.incr_misses]++
    replyCode(connection, task, metaWords.NF)
  }
}

function finishCreate (connection: Connection, task: Task, outcome: Outcome): void {
  const { core } = connection
  if (outcome === Status.NOT_SUPPORTED) {
    connection.takeAgain(task, core.emulate.arithmetic(task), finishCreate, Hold.ON_SUCCESS)
  } else if (outcome === Status.SUCCESS) putCounted(connection, task, true)
  else if (outcome === Status.NO_MEMORY) connection.reply(metaWords.NO_MEMORY_CREATE)
  else refuse(connection, task, outcome)
}

const decrements = ({ flags }: Task): boolean =>
  (modeOf(flags) & Arithmetic.DECREMENT) !== 0

function refuse (connection: Connection, task: Task, outcome: Outcome): void {
  switch (outcome) {
    case Status.EXISTS: replyCode(connection, task, metaWords.EX); break
    case Status.NOT_NUMERIC: connection.reply(words.NOT_NUMERIC); break
    case Status.NO_MEMORY: connection.reply(words.NO_MEMORY_DELTA); break
    default: connection.reply(errorWord(outcome))
  }
}

/** The reply to a number that was counted, or made. */
function putCounted (connection: Connection, task: Task, created: boolean): void {
  const { output, guard } = connection.core
  const { op, flags } = task
  if (!flags.has(Flag.QUIET)) {
    connection.reserve(META_REPLY_ROOM)
    const start = output.end
    if (flags.has(Flag.VALUE)) {
      putWord(output, metaWords.VA)
      putNumber(output, u64.countDigits(op.resultLow, op.resultHigh))
    } else putWord(output, metaWords.HD)
    putFlags(connection, task, created)
    endReply(connection, start)
    if (flags.has(Flag.VALUE)) {
      putUnsigned64(output, op.resultLow, op.resultHigh)
      putEndOfLine(output)
    }
  }
  guard.release(op)
}

function putFlags (connection: Connection, task: Task, created: boolean): void {
  const { core: { output } } = connection
  const { op, flags } = task
  // What t tells depends on where it stands among N and T.
  let expires = created ? 0 : asksBefore(flags) ? task.itemExpires : op.itemExpires
  for (let i = 0; i < flags.count; i++) {
    const flag = flags.letters[i]
    switch (flag) {
      case Flag.EXPIRES: expires = flags.expires; break
      case Flag.CREATE: if (created) expires = flags.createExpires; break
      case Flag.TTL: putTtl(connection, expires); break
      case Flag.CAS: putFlagUnsigned64(output, flag, op.itemCasLow, op.itemCasHigh); break
      default: putEcho(connection, task, flag)
    }
  }
}
