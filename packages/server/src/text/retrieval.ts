import { Status } from '@memplug/engine'
import {
  Command, putBytes, putEndOfLine, putValueLine, putValueLineWithCas, VALUE_LINE_ROOM, words
} from '@memplug/protocol'
import type { Connection } from '../connection.js'
import { Counter } from '../counters.js'
import { LONGEST_LINE, SEND_HELD_FROM } from '../limits.js'
import { refuseLine } from '../parts.js'
import { Reading } from '../reading.js'
import { Hold, type Outcome, type Task } from '../task.js'
import { countGet } from '../stats/detail.js'
import { errorWord } from './errors.js'

/**
 * get, gets, gat and gats. A line may have any length: keys behind the first LONGEST_LINE bytes
 * are looked up as they arrive. A shorter line is served when it is whole, so that a bad key
 * makes an error of all of it. Either way the reply does not depend on how the line was cut.
 */

const BLANK = 32
const NEWLINE = 10
const RETURN = 13

/** protocol.txt: "the length limit of a key is set at 250 characters". */
export const LONGEST_KEY = 250

/** The line whose keys are being read. */
export class GetLine {
  command = 0
  expires = 0
  keys = 0
  failed = false
  /** Keys may be served: the line is whole and has no bad one, or it is a long line. */
  checked = false
  /** Where its reply starts in the Output, if that has not been flushed since. */
  start = 0
  flushes = 0
}

/** Begins a get line; its keys follow. */
export function beginKeys (connection: Connection, command: Command, expires: number): void {
  const { get, core: { output } } = connection
  get.command = command
  get.expires = expires
  get.keys = 0
  get.failed = get.checked = false
  get.start = output.end
  get.flushes = output.flushes
  connection.reading = Reading.KEYS
  connection.inMultiget = true
}

/** Serves the keys that are whole; answers where the first one that is not starts. */
export function readKeys (
  connection: Connection, input: Buffer, at: number, end: number
): number {
  const { get, core: { foresight } } = connection
  for (;;) {
    while (at < end && input[at] === BLANK) at++
    if (at >= foresight.until) foresight.look(Reading.KEYS, input, at, end)
    const start = at
    at = foresight.endOfKey(input, start, end)
    if (at < 0) at = findEnd(input, start, end)
    const isLast = at < end && input[at] === NEWLINE
    const keyEnd = isLast && at > start && input[at - 1] === RETURN ? at - 1 : at
    // A key that is cut short may have a return behind it that is not its own.
    if (at === end && at - start <= LONGEST_KEY + 1) return start
    if (!isLast && !get.checked && !checkKeys(connection, input, start, end)) return start
    if (!get.failed && keyEnd > start) {
      if (keyEnd - start > LONGEST_KEY) failGet(connection, words.BAD_LINE)
      else getKey(connection, input, start, keyEnd)
    }
    if (isLast) {
      endKeys(connection)
      return at + 1
    }
    if (get.failed) {
      refuseLine(connection)
      return at
    }
    if (connection.isBlocked) return at
  }
}

/** Where the first blank or newline is; `end` if there is none. */
function findEnd (input: Buffer, at: number, end: number): number {
  let byte = 0
  while (at < end && (byte = input[at]!) !== BLANK && byte !== NEWLINE) at++
  return at
}

/** Whether the keys may be served, or be found bad: false if more bytes are needed for that. */
function checkKeys (connection: Connection, input: Buffer, start: number, end: number): boolean {
  const { get } = connection
  const limit = Math.min(end, start + LONGEST_LINE)
  let at = start
  while (at < limit && input[at] !== NEWLINE) at++
  const isWhole = at < limit
  if (!isWhole && at < start + LONGEST_LINE) return false
  get.checked = true
  const keysEnd = input[at - 1] === RETURN ? at - 1 : at
  if (isWhole && hasLongKey(input, start, keysEnd)) failGet(connection, words.BAD_LINE)
  // Of a long line, an error does not take back what may have been sent.
  if (!isWhole) get.flushes = -1
  return true
}

function hasLongKey (input: Buffer, start: number, end: number): boolean {
  while (end - start > LONGEST_KEY) {
    let at = start + LONGEST_KEY
    while (at >= start && input[at] !== BLANK) at--
    if (at < start) return true
    start = at + 1
  }
  return false
}

function getKey (connection: Connection, input: Buffer, start: number, end: number): void {
  const { core, get } = connection
  const { task } = core
  const { op } = task
  if (++get.keys > core.turn.mostReplies) {
    core.counters[Counter.response_obj_oom]++
    failGet(connection, words.NO_MEMORY_GET)
    return
  }
  task.command = get.command
  op.key = input
  op.keyStart = start
  op.keyEnd = end
  op.mode = 0
  if (core.isAsync) task.keepKey()
  let answer
  if (get.command >= Command.GAT) {
    op.expires = get.expires
    answer = core.guard.touch(op)
  } else answer = core.guard.get(op)
  if (typeof answer === 'number' && connection.isInOrder) finishGet(connection, task, answer)
  else connection.take(task, answer, finishGet, Hold.ON_SUCCESS)
}

function endKeys (connection: Connection): void {
  connection.reading = Reading.LINE
  connection.inMultiget = false
  if (connection.get.keys === 0 && !connection.get.failed) failGet(connection, words.BAD_LINE)
  connection.take(connection.core.task, Status.SUCCESS, finishEnd, Hold.NEVER)
}

function finishEnd (connection: Connection): void {
  if (!connection.get.failed) connection.reply(words.END)
}

/** "VALUE" line, value and line end of a hit; nothing for a miss. */
function finishGet (connection: Connection, task: Task, outcome: Outcome): void {
  const { core, get } = connection
  const { counters } = core
  const touches = task.command >= Command.GAT
  counters[touches ? Counter.cmd_touch : Counter.cmd_get]++
  if (core.shared.detail) countGet(core, task, outcome)
  if (outcome === Status.NOT_FOUND) {
    counters[touches ? Counter.touch_misses : Counter.get_misses]++
    return
  }
  if (get.failed || outcome !== Status.SUCCESS) {
    if (outcome === Status.SUCCESS) core.guard.release(task.op)
    else if (touches && outcome === Status.NOT_SUPPORTED) emulateGat(connection, task)
    else failGet(connection, errorWord(outcome))
    return
  }
  counters[touches ? Counter.touch_hits : Counter.get_hits]++
  putHit(connection, task)
}

function putHit (connection: Connection, task: Task): void {
  const { output, verbose } = connection.core
  const { op } = task
  const size = op.valueEnd - op.valueStart
  const isHeld = size >= SEND_HELD_FROM
  connection.reserve(VALUE_LINE_ROOM + LONGEST_KEY + (isHeld ? 0 : size))
  if (verbose) connection.trace('>', 'sending key ', op.key, op.keyStart, op.keyEnd)
  if (task.command === Command.GETS || task.command === Command.GATS) {
    putValueLineWithCas(output, op.key, op.keyStart, op.keyEnd, op.itemFlags, size,
      op.itemCasLow, op.itemCasHigh)
  } else putValueLine(output, op.key, op.keyStart, op.keyEnd, op.itemFlags, size)
  putValue(connection, task)
}

/** The value of a hit and its line end, for which there is room if it is copied; ends the hold. */
export function putValue (connection: Connection, task: Task): void {
  const { output, guard } = connection.core
  const { op } = task
  if (op.valueEnd - op.valueStart >= SEND_HELD_FROM) connection.sendValue(task)
  else {
    putBytes(output, op.value, op.valueStart, op.valueEnd)
    guard.release(op)
  }
  putEndOfLine(output)
}

function emulateGat (connection: Connection, task: Task): void {
  const { core } = connection
  core.counters[Counter.cmd_touch]--
  connection.takeAgain(task, core.emulate.touch(task), finishGet, Hold.ON_SUCCESS)
}

/** An error takes the place of the whole reply, as far as that has not been sent. */
function failGet (connection: Connection, word: Buffer): void {
  const { get, core: { output } } = connection
  if (get.failed) return
  get.failed = true
  if (output.flushes === get.flushes && output.end > get.start) output.end = get.start
  connection.reply(word)
}

