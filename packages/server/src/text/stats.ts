import { Status, u64, type Answer } from '@memplug/engine'
import { parseUnsigned, words, type Line } from '@memplug/protocol'
import type { Connection } from '../connection.js'
import { CLASSES, dumpClass } from '../stats/cachedump.js'
import { DETAIL_ROOM, tellDetail } from '../stats/detail.js'
import { Hold } from '../task.js'
import { errorWord } from './errors.js'

/** protocol.txt, "Statistics": stats [group]\r\n */

const GROUP = 1
const CLASS = 2
const LIMIT = 3

export function stats (connection: Connection, line: Line, input: Buffer): void {
  const group = wordAt(line, input, GROUP)
  switch (group) {
    case 'detail': detail(connection, wordAt(line, input, GROUP + 1)); break
    case 'cachedump': cachedump(connection, line, input); break
    default: tellGroup(connection, group)
  }
}

function tellGroup (connection: Connection, group: string): void {
  const lines: string[] = []
  const answer = connection.core.stats.collect(group, (name, value) => {
    lines.push(`STAT ${name} ${value}\r\n`)
  }, connection.id)
  replyLines(connection, answer, lines, group === 'reset' ? words.RESET : words.END, 'utf8')
}

function detail (connection: Connection, what: string): void {
  const { core: { settings, shared } } = connection
  if (!settings.dumping) connection.reply(words.NO_DETAIL)
  else if (what === 'dump') replyDetail(connection)
  else if (what === 'on' || what === 'off') {
    shared.detail = what === 'on'
    connection.reply(words.OK)
  } else connection.reply(words.BAD_DETAIL)
}

function replyDetail (connection: Connection): void {
  const { core, core: { output } } = connection
  connection.take(core.task, Status.SUCCESS, () => {
    tellDetail(core, () => {
      connection.reserve(DETAIL_ROOM)
      return output
    })
    connection.reply(words.END)
  }, Hold.NEVER)
}

/** stats cachedump <class> <limit>\r\n */
function cachedump (connection: Connection, line: Line, input: Buffer): void {
  const { core } = connection
  if (!core.settings.dumping) {
    connection.reply(words.NO_CACHEDUMP)
    return
  }
  if (line.count <= LIMIT) {
    connection.reply(words.BAD_STATS)
    return
  }
  const wanted = numberAt(line, input, CLASS)
  const limit = numberAt(line, input, LIMIT)
  if (wanted < 0 || limit < 0) connection.reply(words.BAD_LINE)
  else if (wanted >= CLASSES) connection.reply(words.BAD_CLASS)
  else {
    const lines: string[] = []
    const answer = dumpClass(core, wanted, limit, text => { lines.push(text) })
    replyLines(connection, answer, lines, words.END)
  }
}

function replyLines (
  connection: Connection, answer: Answer, lines: readonly string[], last: Buffer,
  encoding: BufferEncoding = 'latin1'
): void {
  connection.take(connection.core.task, answer, (_, __, outcome) => {
    if (outcome === Status.NOT_FOUND) connection.reply(words.ERROR)
    else if (outcome !== Status.SUCCESS) connection.reply(errorWord(outcome))
    else {
      for (const text of lines) connection.reply(Buffer.from(text, encoding))
      connection.reply(last)
    }
  }, Hold.NEVER)
}

function wordAt (line: Line, input: Buffer, at: number): string {
  return line.count <= at ? '' : input.toString('latin1', line.starts[at], line.ends[at])
}

/** An unsigned number of 32 bits; -1 if it is none. */
function numberAt (line: Line, input: Buffer, at: number): number {
  if (!parseUnsigned(input, line.starts[at], line.ends[at]) || u64.high !== 0) return -1
  return u64.low >>> 0
}
