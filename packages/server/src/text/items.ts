import { Status, u64 } from '@memplug/engine'
import { expiryOf, parseSigned, words, type Line } from '@memplug/protocol'
import type { Connection } from '../connection.js'
import { Counter } from '../counters.js'
import { countDelete } from '../stats/detail.js'
import { Hold, type Outcome, type Task } from '../task.js'
import { errorWord } from './errors.js'
import { isNoreply } from './noreply.js'
import { LONGEST_KEY } from './retrieval.js'

/** delete and touch. */

const KEY = 1
const EXPTIME = 2
const ZERO = Buffer.from('0', 'latin1')

/**
 * Reads the key and noreply of a line that must have a token number `last` into the task at
 * hand. False, and a reply, if it has not, or the key is too long.
 */
export function readKey (
  connection: Connection, line: Line, input: Buffer, last: number
): boolean {
  const { core, core: { task, task: { op } } } = connection
  if (line.count <= last) {
    connection.reply(words.BAD_LINE)
    return false
  }
  task.quiet = isNoreply(line, input)
  op.key = input
  op.keyStart = line.starts[KEY]!
  op.keyEnd = line.ends[KEY]!
  if (op.keyEnd - op.keyStart > LONGEST_KEY) {
    connection.reply(words.BAD_LINE, task.quiet)
    return false
  }
  if (core.isAsync) task.keepKey()
  return true
}

/** protocol.txt, "Deletion": delete <key> [0] [noreply]\r\n; old clients send the 0. */
export function remove (connection: Connection, line: Line, input: Buffer): void {
  const { core, core: { task, task: { op } } } = connection
  if (line.count > 2) {
    const quiet = isNoreply(line, input)
    const hasZero = line.is(input, 2, ZERO)
    if (line.count !== 2 + Number(quiet) + Number(hasZero)) {
      connection.reply(words.BAD_DELETE, quiet)
      return
    }
  }
  if (!readKey(connection, line, input, KEY)) return
  if (line.count === 2) task.quiet = false // a key of that name
  op.mode = 0
  op.compare = false
  if (core.shared.detail) countDelete(core, task)
  connection.take(task, core.guard.remove(op, 'delete'), finishRemove, Hold.NEVER)
}

function finishRemove (connection: Connection, { quiet }: Task, outcome: Outcome): void {
  const { counters } = connection.core
  if (outcome === Status.SUCCESS) {
    counters[Counter.delete_hits]++
    connection.reply(words.DELETED, quiet)
  } else if (outcome === Status.NOT_FOUND) {
    counters[Counter.delete_misses]++
    connection.reply(words.NOT_FOUND, quiet)
  } else connection.reply(errorWord(outcome), quiet)
}

/** protocol.txt, "Touch": touch <key> <exptime> [noreply]\r\n */
export function touch (connection: Connection, line: Line, input: Buffer): void {
  const { core, core: { clock, task, task: { op } } } = connection
  if (!readKey(connection, line, input, EXPTIME)) return
  if (!parseSigned(input, line.starts[EXPTIME], line.ends[EXPTIME])) {
    connection.reply(words.BAD_EXPTIME, task.quiet)
    return
  }
  op.expires = expiryOf(u64.low, clock.now, clock.epoch)
  connection.take(task, core.guard.touch(op), finishTouch, Hold.ON_SUCCESS)
}

function finishTouch (connection: Connection, task: Task, outcome: Outcome): void {
  const { core } = connection
  if (outcome === Status.NOT_SUPPORTED) {
    connection.takeAgain(task, core.emulate.touch(task), finishTouch, Hold.ON_SUCCESS)
    return
  }
  core.counters[Counter.cmd_touch]++
  if (outcome === Status.SUCCESS) {
    core.counters[Counter.touch_hits]++
    core.guard.release(task.op)
    connection.reply(words.TOUCHED, task.quiet)
  } else if (outcome === Status.NOT_FOUND) {
    core.counters[Counter.touch_misses]++
    connection.reply(words.NOT_FOUND, task.quiet)
  } else connection.reply(errorWord(outcome), task.quiet)
}
