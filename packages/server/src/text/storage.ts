import { Status, Store, u64 } from '@memplug/engine'
import {
  Command, expiryOf, parseSigned, parseUnsigned, words, type Line
} from '@memplug/protocol'
import type { Connection } from '../connection.js'
import { Counter } from '../counters.js'
import { countSet } from '../stats/detail.js'
import { refuseValue } from '../parts.js'
import { Hold, TIMED_OUT, type Outcome, type Task } from '../task.js'
import { beginValue } from '../upload.js'
import { errorWord } from './errors.js'
import { isNoreply } from './noreply.js'
import { LONGEST_KEY } from './retrieval.js'

/**
 * protocol.txt, "Storage commands":
 * <command name> <key> <flags> <exptime> <bytes> [cas unique] [noreply]\r\n<data block>\r\n
 */

const KEY = 1
const FLAGS = 2
const EXPTIME = 3
const BYTES = 4
const CAS = 5
const LINE_END = 2
/** memcached counts the line end behind the value in an int32. */
const MOST_BYTES = 0x7fffffff - LINE_END

const modes: number[] = []
modes[Command.SET] = modes[Command.CAS] = Store.SET
modes[Command.ADD] = Store.ADD
modes[Command.REPLACE] = Store.REPLACE
modes[Command.APPEND] = Store.APPEND
modes[Command.PREPEND] = Store.PREPEND

export function store (
  connection: Connection, command: Command, line: Line, input: Buffer, end: number
): number {
  const { core } = connection
  const { task } = core
  task.command = command
  const { next, starts, ends } = line
  if (line.count <= BYTES) {
    connection.reply(words.BAD_LINE)
    return next
  }
  task.quiet = isNoreply(line, input)
  if (!parseSigned(input, starts[BYTES], ends[BYTES]) || u64.high !== 0 ||
    u64.low < 0 || u64.low > MOST_BYTES) {
    connection.reply(words.BAD_LINE, task.quiet)
    return next
  }
  // The length being known, whatever else is wrong, the value is swallowed.
  task.op.size = u64.low
  if (!readParameters(connection, task, line, input)) {
    refuseValue(connection, task.op.size + LINE_END)
    connection.reply(words.BAD_LINE, task.quiet)
    return next
  }
  if (core.shared.detail) countSet(core, task)
  return allocate(connection, task) ? beginValue(connection, task, finishStore, input, next, end)
    : next
}

function readParameters (
  { core }: Connection, { op, command }: Task, { starts, ends, count }: Line, input: Buffer
): boolean {
  op.key = input
  op.keyStart = starts[KEY]!
  op.keyEnd = ends[KEY]!
  op.mode = modes[command]!
  op.compare = command === Command.CAS
  op.setCas = false
  if (op.keyEnd - op.keyStart > LONGEST_KEY) return false
  if (!parseUnsigned(input, starts[FLAGS], ends[FLAGS])) return false
  op.flags = u64.low
  if (!parseSigned(input, starts[EXPTIME], ends[EXPTIME])) return false
  op.expires = expiryOf(u64.low, core.clock.now, core.clock.epoch)
  if (!op.compare) return true
  if (count <= CAS || !parseUnsigned(input, starts[CAS], ends[CAS])) return false
  op.casLow = u64.low
  op.casHigh = u64.high
  return true
}

/** Room for the value; if there is none, replies and sees to the swallowing. */
export function allocate (connection: Connection, task: Task): boolean {
  const { core: { guard, hasCas } } = connection
  const { op } = task
  let status = guard.testCapacity(op.keyEnd - op.keyStart, op.size)
  if (status === Status.SUCCESS) {
    status = op.compare && !hasCas ? Status.NOT_SUPPORTED : guard.allocate(op)
  }
  if (status === Status.SUCCESS) return true
  refuseValue(connection, op.size + LINE_END)
  refuse(connection, task, status)
  return false
}

/** Replies that the value is not stored. A set, of either kind, then keeps no old one either. */
export function refuse (connection: Connection, task: Task, status: Status): void {
  const { core } = connection
  const finish = status === Status.TOO_LARGE ? finishTooLarge
    : status === Status.NO_MEMORY ? finishNoMemory : finishRefused
  if (finish !== finishRefused) connection.core.guard.noteRefused(task.op, status)
  const isSet = task.command === Command.SET || task.command === Command.META_SET
  if (!isSet || finish === finishRefused) {
    finish(connection, task, status)
    return
  }
  // A value that could not be replaced must not be taken for the new one.
  if (core.isAsync) task.keepKey()
  task.op.mode = 0
  task.op.compare = false
  connection.takeAgain(task, core.guard.remove(task.op), finish, Hold.NEVER)
}

function finishTooLarge (connection: Connection, { quiet }: Task): void {
  connection.core.counters[Counter.store_too_large]++
  connection.reply(words.TOO_LARGE, quiet)
}

function finishNoMemory (connection: Connection, { quiet }: Task): void {
  connection.core.counters[Counter.store_no_memory]++
  connection.reply(words.NO_MEMORY, quiet)
}

function finishRefused (connection: Connection, { quiet }: Task, outcome: Outcome): void {
  connection.reply(errorWord(outcome), quiet)
}

export function finishStore (connection: Connection, task: Task, outcome: Outcome): void {
  const { core } = connection
  if (outcome === Status.NOT_SUPPORTED && task.op.mode >= Store.APPEND) {
    connection.takeAgain(task, core.emulate.join(task), finishStore, Hold.ALWAYS)
    return
  }
  core.counters[Counter.cmd_set]++
  if (task.command === Command.CAS) countCas(core.counters, outcome)
  if (outcome !== TIMED_OUT) core.guard.release(task.op)
  const isRoomless = outcome === Status.TOO_LARGE || outcome === Status.NO_MEMORY
  if (isRoomless && task.op.mode < Store.APPEND) refuse(connection, task, outcome)
  else connection.reply(wordFor(outcome), task.quiet)
}

function wordFor (outcome: Outcome): Buffer {
  switch (outcome) {
    case Status.SUCCESS: return words.STORED
    case Status.NOT_STORED: return words.NOT_STORED
    case Status.EXISTS: return words.EXISTS
    case Status.NOT_FOUND: return words.NOT_FOUND
    // Joined, it would be larger than any item may be: the old value stays.
    case Status.TOO_LARGE: return words.NOT_STORED
    default: return errorWord(outcome)
  }
}

export function countCas (counters: Float64Array, outcome: Outcome): void {
  if (outcome === Status.SUCCESS) counters[Counter.cas_hits]++
  else if (outcome === Status.EXISTS) counters[Counter.cas_badval]++
  else if (outcome === Status.NOT_FOUND) counters[Counter.cas_misses]++
}

