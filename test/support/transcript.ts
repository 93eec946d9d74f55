import { readFileSync } from 'node:fs'

/**
 * A transcript is a file of sessions, each of which is a list of exchanges:
 *
 *     == title             starts a session; marks may end it: (alone), no other may run
 *                          meanwhile; (unlike memcached), which answers otherwise;
 *                          (counts in place), for engines that do arithmetic themselves;
 *                          (meta), for engines with that feature
 *     > request line       sent with \r\n; `>>` is sent as it stands
 *     < reply line         expected with \r\n
 *     <! reply line        what memcached 1.6.18 answers, where that differs
 *     closed               the server closes the connection here
 *     --                   the exchanges above go first, so that their cas ids are known
 *
 * `@` stands for six bytes that no other run of a session has, {x*300} for 300 times x,
 * {cas} and {version} for any such number in a reply, {cas1} for the first {cas} above `--`,
 * {~300} for 300 seconds in a reply, or the few less that they may have become.
 * A line holds \r, \n, \t, \0, \xHH and \\ as in JavaScript.
 */
export interface Exchange {
  request: string
  reply: string
}

export interface Session {
  title: string
  isAlone: boolean
  isUnlikeMemcached: boolean
  countsInPlace: boolean
  needsMeta: boolean
  /** Whether the server closes at the end. */
  closes: boolean
  preparation: Exchange[]
  exchanges: Exchange[]
}

export function readTranscript (path: URL | string, peer: boolean): Session[] {
  const sessions: Session[] = []
  let exchange: Exchange | undefined
  let session: Session | undefined
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    if (line.startsWith('== ')) {
      session = newSession(line.slice(3))
      sessions.push(session)
      exchange = undefined
    } else if (session === undefined) {
      throw new Error(`a line before the first session: ${line}`)
    } else if (line === '--') {
      session.preparation = session.exchanges
      session.exchanges = []
      exchange = undefined
    } else if (line === 'closed') {
      session.closes = true
    } else if (line.startsWith('>')) {
      // A request that follows a reply starts the next exchange.
      if (exchange === undefined || isAnswered(exchange)) {
        exchange = newExchange()
        session.exchanges.push(exchange)
      }
      exchange.request += line.startsWith('>> ')
        ? unescape(line.slice(3))
        : unescape(line.slice(2)) + '\r\n'
    } else if (line.startsWith('<') && exchange !== undefined) {
      takeReply(exchange, line, peer)
    } else {
      throw new Error(`what is this: ${line}`)
    }
  }
  return peer ? sessions.filter(session => !session.isUnlikeMemcached) : sessions
}

interface OpenExchange extends Exchange {
  replyOfPeer?: string
}

function takeReply (exchange: OpenExchange, line: string, peer: boolean): void {
  if (line.startsWith('<!')) {
    exchange.replyOfPeer = (exchange.replyOfPeer ?? '') + unescape(line.slice(3)) + '\r\n'
    if (peer) exchange.reply = exchange.replyOfPeer
  } else {
    exchange.reply += unescape(line.slice(2)) + '\r\n'
  }
}

function newSession (title: string): Session {
  return {
    title,
    isAlone: title.includes('(alone)'),
    isUnlikeMemcached: title.includes('(unlike memcached)'),
    countsInPlace: title.includes('(counts in place)'),
    needsMeta: title.includes('(meta)'),
    closes: false,
    preparation: [],
    exchanges: []
  }
}

function newExchange (): Exchange {
  return { request: '', reply: '' }
}

function isAnswered (exchange: Exchange): boolean {
  return exchange.reply !== ''
}

const escapes: Record<string, string> = { r: '\r', n: '\n', t: '\t', 0: '\0', '\\': '\\' }

function unescape (text: string): string {
  return text
    .replace(/\{(.)\*(\d+)\}/g, (_, byte: string, count: string) => byte.repeat(Number(count)))
    .replace(/\\(x[0-9a-f]{2}|.)/g, (_, code: string) => code.length === 3
      ? String.fromCharCode(parseInt(code.slice(1), 16))
      : escapes[code] ?? code)
}

/** A session's bytes for one run. */
export interface Run {
  request: Buffer
  reply: RegExp
}

let runs = 0

/** Six bytes for `@`. */
export function newPrefix (): string {
  return `k${(runs++).toString(36).padStart(5, '0')}`
}

export function makeRun (exchanges: Exchange[], prefix: string, cas: string[] = []): Run {
  const request = exchanges.map(exchange => exchange.request).join('')
  const reply = exchanges.map(exchange => exchange.reply).join('')
  return {
    request: Buffer.from(fill(request, prefix, cas), 'latin1'),
    reply: toPattern(fill(reply, prefix, cas))
  }
}

function fill (text: string, prefix: string, cas: string[]): string {
  return text
    .replaceAll('@', prefix)
    .replace(/\{cas(\d+)\}/g, (_, number: string) => cas[Number(number) - 1])
}

function toPattern (text: string): RegExp {
  const pattern = text
    .replace(/[.*+?^$()|[\]\\]/g, '\\$&')
    .replaceAll('{cas}', '(\\d+)')
    .replace(/\{~(\d+)\}/g, (_, seconds: string) => countdown(Number(seconds)))
    .replaceAll('{version}', '\\d+\\.\\d+\\.\\d+')
  return new RegExp(`^${pattern}$`)
}

const FEW_SECONDS = 60

function countdown (seconds: number): string {
  const numbers = Array.from({ length: FEW_SECONDS }, (_, passed) => seconds - passed)
  return `(?:${numbers.join('|')})`
}
