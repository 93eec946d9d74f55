import { Arithmetic, Status, u64 } from '@memplug/engine'
import {
  Command, parseUnsigned, putEndOfLine, putUnsigned64, words, type Line
} from '@memplug/protocol'
import type { Connection } from '../connection.js'
import { Counter } from '../counters.js'
import { Hold, type Outcome, type Task } from '../task.js'
import { errorWord } from './errors.js'
import { readKey } from './items.js'

/** protocol.txt, "Increment/Decrement": incr <key> <value> [noreply]\r\n */

const DELTA = 2
/** Twenty digits and the line end. */
const NUMBER_ROOM = 22

export function arithmetic (
  connection: Connection, command: Command, line: Line, input: Buffer
): void {
  const { core, core: { task, task: { op } } } = connection
  if (!readKey(connection, line, input, DELTA)) return
  task.command = command
  if (!parseUnsigned(input, line.starts[DELTA], line.ends[DELTA])) {
    connection.reply(words.BAD_DELTA, task.quiet)
    return
  }
  op.mode = command === Command.INCR ? Arithmetic.INCREMENT : Arithmetic.DECREMENT
  op.deltaLow = u64.low
  op.deltaHigh = u64.high
  op.compare = op.setCas = false
  connection.take(task, core.guard.arithmetic(op), finishArithmetic, Hold.ON_SUCCESS)
}

function finishArithmetic (connection: Connection, task: Task, outcome: Outcome): void {
  const { core } = connection
  if (outcome === Status.NOT_SUPPORTED) {
    connection.takeAgain(task, core.emulate.arithmetic(task), finishArithmetic, Hold.ON_SUCCESS)
    return
  }
  const increments = task.command === Command.INCR
  if (outcome === Status.SUCCESS) {
    core.counters[increments ? Counter.incr_hits : Counter.decr_hits]++
    if (!task.quiet) putResult(connection, task)
    core.guard.release(task.op)
    return
  }
  if (outcome === Status.NOT_FOUND) {
    core.counters[increments ? Counter.incr_misses : Counter.decr_misses]++
  }
  connection.reply(wordFor(outcome), task.quiet)
}

function putResult (connection: Connection, { op }: Task): void {
  const { output } = connection.core
  connection.reserve(NUMBER_ROOM)
  putUnsigned64(output, op.resultLow, op.resultHigh)
  putEndOfLine(output)
}

function wordFor (outcome: Outcome): Buffer {
  switch (outcome) {
    case Status.NOT_FOUND: return words.NOT_FOUND
    case Status.NOT_NUMERIC: return words.NOT_NUMERIC
    case Status.NO_MEMORY: return words.NO_MEMORY_DELTA
    default: return errorWord(outcome)
  }
}
