import { Status, u64 } from '@memplug/engine'
import { parseUnsigned, words, type Line } from '@memplug/protocol'
import type { Connection } from '../connection.js'
import { readClasses, type Classes } from '../crawler/classes.js'
import { Dump } from '../crawler/dump.js'
import { mgdumpLine, metadumpLine, type Format } from '../crawler/format.js'
import { Hold, type Outcome } from '../task.js'
import { errorWord } from './errors.js'

/** protocol.txt, "LRU_Crawler" and "Crawler items": lru_crawler <command> [argument]\r\n */

const line = (text: string) => Buffer.from(`${text}\r\n`, 'latin1')
const DISABLED = line('CLIENT_ERROR lru crawler disabled')
const NOT_STARTED_THREAD = line('ERROR failed to start lru crawler thread')
const LONG_SLEEP = line('CLIENT_ERROR sleep must be one second or less')
const BUSY = line('BUSY currently processing crawler request')
const BAD_CLASS = line('BADCLASS invalid class id')
const NOTHING = line('NOTSTARTED no items to crawl')
const UNKNOWN = line('ERROR an unknown error happened')

/** What differs between the two dumps. */
interface Kind {
  readonly format: Format
  readonly end: Buffer
  readonly forbidden: Buffer
  readonly pipelined: Buffer
}

const metadump: Kind = {
  format: metadumpLine,
  end: words.END,
  forbidden: line('ERROR metadump not allowed'),
  pipelined: line('ERROR cannot pipeline other commands before metadump')
}
const mgdump: Kind = {
  format: mgdumpLine,
  end: line('EN'),
  forbidden: line('ERROR key dump not allowed'),
  pipelined: line('ERROR cannot pipeline other commands before mgdump')
}

const LONGEST_SLEEP = 1_000_000

export function lruCrawler (connection: Connection, asked: Line, input: Buffer): void {
  const wordAt = (at: number) => input.toString('latin1', asked.starts[at], asked.ends[at])
  const command = asked.count < 2 ? '' : wordAt(1)
  switch (`${command} ${asked.count}`) {
    case 'enable 2': enable(connection); break
    case 'disable 2': disable(connection); break
    case 'crawl 3': crawl(connection, wordAt(2)); break
    case 'metadump 3': dump(connection, metadump, wordAt(2)); break
    case 'mgdump 3': dump(connection, mgdump, wordAt(2)); break
    case 'sleep 3': case 'tocrawl 3': {
      const isNumber = parseUnsigned(input, asked.starts[2], asked.ends[2]) && u64.high === 0
      if (isNumber) tune(connection, command, u64.low >>> 0)
      else connection.reply(words.BAD_LINE)
      break
    }
    default: connection.reply(words.ERROR)
  }
}

/** memcached has a thread that it can't start twice. */
function enable (connection: Connection): void {
  const { shared } = connection.core
  if (shared.lruCrawler) {
    connection.reply(NOT_STARTED_THREAD)
    return
  }
  shared.lruCrawler = true
  tell(connection, ['enable'])
}

function disable (connection: Connection): void {
  connection.core.shared.lruCrawler = false
  tell(connection, ['disable'])
}

function tune (connection: Connection, what: string, number: number): void {
  const { shared } = connection.core
  if (what === 'tocrawl') shared.toCrawl = number
  else if (number <= LONGEST_SLEEP) shared.crawlerSleep = number
  else {
    connection.reply(LONG_SLEEP)
    return
  }
  tell(connection, [what, String(number)])
}

/** An engine that crawls gets to know of it; any other has nothing to do. */
function tell (connection: Connection, asked: readonly string[]): void {
  const { core } = connection
  const answer = core.guard.administer(['lru_crawler', ...asked], () => {})
  connection.take(core.task, answer, (_, __, outcome) => {
    connection.reply(isObeyed(outcome) ? words.OK : errorWord(outcome))
  }, Hold.NEVER)
}

const isObeyed = (outcome: Outcome) =>
  outcome === Status.SUCCESS || outcome === Status.NOT_FOUND

/** lru_crawler crawl <class,class…|all>: frees what has expired. Only an engine can. */
function crawl (connection: Connection, text: string): void {
  const { core, core: { shared } } = connection
  const classes = readClasses(text)
  const why = !shared.lruCrawler ? DISABLED
    : classes === undefined ? BAD_CLASS
    : shared.isDumping ? BUSY
    : text === 'hash' ? UNKNOWN
    : classes?.size === 0 ? NOTHING
    : null
  if (why !== null) {
    connection.reply(why)
    return
  }
  let reply = ''
  const asked = ['lru_crawler', 'crawl', classes ? [...classes].join(',') : 'all']
  const answer = core.guard.administer(asked, told => { reply = told })
  connection.take(core.task, answer, (_, __, outcome) => {
    if (outcome === Status.SUCCESS) connection.reply(line(reply))
    else connection.reply(outcome === Status.NOT_FOUND ? NOTHING : errorWord(outcome))
  }, Hold.NEVER)
}

/** lru_crawler metadump|mgdump <class,class…|all|hash>: OK, a line for each item, and an end. */
function dump (connection: Connection, kind: Kind, text: string): void {
  const { core: { guard, settings, shared } } = connection
  const classes = readClasses(text)
  const why = !shared.lruCrawler ? DISABLED
    : !settings.dumping ? kind.forbidden
    : connection.hasUnflushed ? kind.pipelined
    : classes === undefined ? BAD_CLASS
    : classes?.size === 0 ? NOTHING
    : !guard.isScanner ? words.NOT_SUPPORTED
    : !shared.beginDump() ? BUSY
    : null
  if (why !== null) connection.reply(why)
  else void runDump(connection, kind, classes ?? null)
}

async function runDump (connection: Connection, kind: Kind, classes: Classes): Promise<void> {
  const { core: { settings, shared } } = connection
  connection.reply(words.OK)
  const task = connection.suspend((_, __, outcome) => {
    connection.reply(outcome === Status.SUCCESS ? kind.end : errorWord(outcome))
  })
  try {
    task.outcome = await new Dump(connection, task, classes, kind.format).run()
    task.settled = true
  } catch (error) {
    settings.log('error', `a dump breaks off: ${String(error)}`, error)
    connection.link.destroy()
  }
  shared.endDump()
  if (task.settled && !task.abandoned) connection.answered()
}
