import { Status, u64 } from '@memplug/engine'
import { parseSigned, parseUnsigned, words, type Line } from '@memplug/protocol'
import type { Connection } from '../connection.js'
import { Counter } from '../counters.js'
import { flushAllItems } from '../flush.js'
import { Hold, type Outcome, type Task } from '../task.js'
import { MEMCACHED_VERSION } from '../version.js'
import { errorWord } from './errors.js'
import { isNoreply } from './noreply.js'

/** flush_all, version, verbosity, quit, and what is none of them. */

const VERSION = Buffer.from(`VERSION ${MEMCACHED_VERSION}\r\n`, 'latin1')
const HTTP = Buffer.from('HTTP/', 'latin1')
const MOST_VERBOSE = 2

/** protocol.txt, "flush_all": flush_all [delay] [noreply]\r\n */
export function flushAll (connection: Connection, line: Line, input: Buffer): void {
  const { core, core: { task } } = connection
  task.quiet = isNoreply(line, input)
  let delay = 0
  if (line.count > (task.quiet ? 2 : 1)) {
    if (parseSigned(input, line.starts[1], line.ends[1])) delay = u64.low
    else if (core.settings.flushAll) {
      core.counters[Counter.cmd_flush]++
      connection.reply(words.BAD_EXPTIME, task.quiet)
      return
    }
  }
  const answer = flushAllItems(core, delay)
  if (answer === null) connection.reply(words.NO_FLUSH, task.quiet)
  else connection.take(task, answer, finishFlush, Hold.NEVER)
}

function finishFlush (connection: Connection, { quiet }: Task, outcome: Outcome): void {
  connection.reply(outcome === Status.SUCCESS ? words.OK : errorWord(outcome), quiet)
}

export function version (connection: Connection): void {
  connection.reply(VERSION)
}

export function verbosity (connection: Connection, line: Line, input: Buffer): void {
  if (line.count < 2) {
    connection.reply(words.BAD_LINE)
    return
  }
  const quiet = isNoreply(line, input)
  if (!parseUnsigned(input, line.starts[1], line.ends[1])) {
    connection.reply(words.BAD_LINE, quiet)
    return
  }
  connection.core.shared.verbosity = Math.min(u64.low >>> 0, MOST_VERBOSE)
  connection.reply(words.OK, quiet)
}

export function quit (connection: Connection): void {
  connection.end('normal')
}

export function unknown (connection: Connection, line: Line, input: Buffer): void {
  // A browser, or a request forged to look like one: nothing of it may be taken for a command.
  if (line.count > 0 && startsWith(input, line.lastStart, line.lastEnd, HTTP)) connection.end()
  else connection.reply(isTooShort(line) ? words.BAD_LINE : words.ERROR)
}

/** No command is shorter than two bytes. */
function isTooShort (line: Line): boolean {
  return line.count === 0 || line.ends[0] - line.starts[0] < 2
}

function startsWith (input: Buffer, start: number, end: number, word: Buffer): boolean {
  return end - start >= word.length && input.compare(word, 0, word.length,
    start, start + word.length) === 0
}
