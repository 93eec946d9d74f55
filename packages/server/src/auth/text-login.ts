import { u64 } from '@memplug/engine'
import { parseUnsigned, words } from '@memplug/protocol'
import type { Connection } from '../connection.js'
import { LONGEST_LINE } from '../limits.js'
import { Reading } from '../reading.js'
import { LONGEST_LOGIN } from './auth.js'

/**
 * protocol.txt, "Authentication": set <key> <flags> <exptime> <bytes>\r\n
 * username password\r\n, where key, flags and exptime mean nothing.
 */

const SET = Buffer.from('set', 'latin1')
const BYTES = 4
const LINE_END = 2
const BLANK = 32
const NEWLINE = 10
const RETURN = 13

/** Serves one line of a connection that has not logged in; answers where it ended. */
export function readLogin (
  connection: Connection, input: Buffer, at: number, end: number
): number {
  const { line } = connection.core
  const isWhole = line.read(input, at, end)
  if ((isWhole ? line.next : end) - at > LONGEST_LINE) {
    connection.end()
    return end
  }
  if (!isWhole) return at
  const { starts, ends, next } = line
  if (line.count <= BYTES || !line.is(input, 0, SET) ||
    !parseUnsigned(input, starts[BYTES], ends[BYTES]) || u64.high !== 0) {
    connection.reply(words.UNAUTHENTICATED)
    return next
  }
  const size = u64.low >>> 0
  if (size > LONGEST_LOGIN) {
    connection.reply(words.LONG_LOGIN)
    return next
  }
  const bodyEnd = next + size
  if (bodyEnd + LINE_END > end) return at
  if (input[bodyEnd] === RETURN && input[bodyEnd + 1] === NEWLINE) {
    logIn(connection, input, next, bodyEnd)
  } else connection.reply(words.BAD_LOGIN_END)
  return bodyEnd + LINE_END
}

/** "username password", and whatever follows behind another blank. */
function logIn (connection: Connection, input: Buffer, start: number, end: number): void {
  const tokens = tokensOf(input, start, end)
  if (tokens.length < 2) {
    connection.reply(words.BAD_LOGIN)
    return
  }
  const [name, password] = tokens
  connection.core.auth!.check(connection, file => file.users.has(name, password), may => {
    if (may) connection.idle = connection.reading = Reading.LINE
    connection.reply(may ? words.STORED : words.LOGIN_FAILED)
  })
}

/** Copies: the bytes they lie in are gone if the answer takes a while. */
function tokensOf (input: Buffer, start: number, end: number): Buffer[] {
  const tokens: Buffer[] = []
  for (let at = start; at < end && tokens.length < 2;) {
    while (at < end && input[at] === BLANK) at++
    const tokenStart = at
    while (at < end && input[at] !== BLANK) at++
    if (at > tokenStart) tokens.push(Buffer.from(input.subarray(tokenStart, at)))
  }
  return tokens
}
