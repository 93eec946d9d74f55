import { Status, Store, u64 } from '@memplug/engine'
import {
  Flag, META_REPLY_ROOM, Command, metaWords, parseSigned, putFlagNumber, putFlagUnsigned64,
  putWord, words, type Line, type MetaFlags
} from '@memplug/protocol'
import type { Connection } from '../../connection.js'
import { Counter } from '../../counters.js'
import { refuseValue } from '../../parts.js'
import { Hold, TIMED_OUT, type Outcome, type Task } from '../../task.js'
import { beginValue } from '../../upload.js'
import { errorWord } from '../errors.js'
import { allocate, countCas, refuse } from '../storage.js'
import { endReply, putEcho } from './reply.js'
import { readRequest } from './request.js'

/** protocol.txt, "Meta Set": ms <key> <datalen> <flag>*\r\n<data block>\r\n */

const BYTES = 2
const FIRST_FLAG = 3
const LINE_END = 2
/** memcached counts the line end behind the value in an int32. */
const MOST_BYTES = 0x7fffffff - LINE_END
/** No M token, or one of another command. */
const NO_MODE = -1

export function metaSet (
  connection: Connection, line: Line, input: Buffer, end: number
): number {
  const { task, task: { op } } = connection.core
  const { next, starts, ends } = line
  if (line.count <= BYTES || !parseSigned(input, starts[BYTES], ends[BYTES]) ||
    u64.high !== 0 || u64.low < 0 || u64.low > MOST_BYTES) {
    connection.reply(words.BAD_LINE)
    return next
  }
  op.size = u64.low
  const fault = readStore(connection, task, line, input)
  if (fault !== null) {
    // The length being known, the value is swallowed.
    refuseValue(connection, op.size + LINE_END)
    connection.reply(fault)
    return next
  }
  return allocate(connection, task) ? beginValue(connection, task, finishStore, input, next, end)
    : next
}

/** Answers what is wrong, or null. */
function readStore (
  connection: Connection, task: Task, line: Line, input: Buffer
): Buffer | null {
  const { op, flags } = task
  task.command = Command.META_SET
  const fault = readRequest(connection, task, line, input, FIRST_FLAG)
  if (fault !== null && fault !== metaWords.LONG_OPAQUE) return fault
  const mode = modeOf(flags.mode)
  if (mode === NO_MODE) return metaWords.BAD_STORE_MODE
  if (fault !== null) return fault
  op.mode = mode
  op.flags = flags.clientFlags
  adaptMode(task, mode)
  return connection.core.hasMeta || !asksForMeta(task) ? null : metaWords.NOT_KEPT
}

function modeOf (token: number): number {
  switch (token) {
    case 0: case 0x53: return Store.SET // S
    case 0x45: return Store.ADD // E, for "add" begins as "append" does
    case 0x41: return Store.APPEND // A
    case 0x50: return Store.PREPEND // P
    case 0x52: return Store.REPLACE // R
    default: return NO_MODE
  }
}

/** What the other flags make of the mode. */
function adaptMode (task: Task, mode: number): void {
  const { op, flags } = task
  if (mode >= Store.APPEND) {
    if (flags.has(Flag.CREATE)) op.mode |= Store.CREATE
    // To a join, a cas of 0 is none.
    op.compare &&= (op.casLow | op.casHigh) !== 0
  } else if (mode === Store.ADD) op.compare = false
  else if (op.compare) {
    // With a cas, replace does as set does.
    op.mode = flags.has(Flag.INVALIDATE) ? Store.SET | Store.INVALIDATE : Store.SET
  }
}

function asksForMeta ({ op, flags }: Task): boolean {
  return (op.mode & ~Store.KIND) !== 0 || flags.has(Flag.NEW_CAS)
}

function finishStore (connection: Connection, task: Task, outcome: Outcome): void {
  const { core } = connection
  const { op } = task
  const kind = op.mode & Store.KIND
  if (outcome === Status.NOT_SUPPORTED && kind >= Store.APPEND && kind === op.mode) {
    connection.takeAgain(task, core.emulate.join(task), finishStore, Hold.ALWAYS)
    return
  }
  core.counters[Counter.cmd_set]++
  if (op.compare && kind < Store.APPEND) countCas(core.counters, outcome)
  const isRoomless = outcome === Status.TOO_LARGE || outcome === Status.NO_MEMORY
  const code = outcome === TIMED_OUT || isRoomless && kind < Store.APPEND ? null
    : codeOf(outcome, kind)
  if (code !== null) replyStored(connection, task, outcome, code)
  if (outcome !== TIMED_OUT) core.guard.release(op)
  if (code !== null) return
  if (isRoomless) refuse(connection, task, outcome)
  else connection.reply(errorWord(outcome))
}

/** Null if it is none that flags may follow. */
function codeOf (outcome: Outcome, kind: number): Buffer | null {
  switch (outcome) {
    case Status.SUCCESS: return metaWords.HD
    case Status.EXISTS: return metaWords.EX
    case Status.NOT_STORED: return metaWords.NS
    case Status.NOT_FOUND: return kind >= Store.APPEND ? metaWords.NS : metaWords.NF
    // Joined, it would be larger than there is room for: the old value stays.
    case Status.TOO_LARGE: case Status.NO_MEMORY: return metaWords.NS
    default: return null
  }
}

function replyStored (
  connection: Connection, task: Task, outcome: Outcome, code: Buffer
): void {
  const { flags } = task
  const stored = outcome === Status.SUCCESS
  if (stored && flags.has(Flag.QUIET)) return
  const { output } = connection.core
  connection.reserve(META_REPLY_ROOM)
  const start = output.end
  putWord(output, code)
  for (let i = 0; i < flags.count; i++) putStoredFlag(connection, task, flags, i, stored)
  endReply(connection, start)
}

function putStoredFlag (
  connection: Connection, task: Task, { letters }: MetaFlags, index: number, stored: boolean
): void {
  const { output } = connection.core
  const { op } = task
  const flag = letters[index]
  if (flag === Flag.SIZE) {
    putFlagNumber(output, flag, stored ? op.valueEnd - op.valueStart : op.size)
  } else if (flag === Flag.CAS) {
    putFlagUnsigned64(output, flag, stored ? op.itemCasLow : 0, stored ? op.itemCasHigh : 0)
  } else putEcho(connection, task, flag)
}
