import { u64 } from '@memplug/engine'

/**
 * Numbers of the text protocol, read as memcached's safe_strto* functions read them: after
 * white space other than the blank, with a sign, up to white space or the end of the token.
 * Each leaves its result in u64.low and u64.high and answers whether there was one.
 */

const PLUS = 43
const MINUS = 45
const TAB = 9
const CARRIAGE_RETURN = 13
const BLANK = 32

const isSpace = (byte: number): boolean =>
  byte === BLANK || (byte >= TAB && byte <= CARRIAGE_RETURN)

/** An unsigned 64-bit number. */
export function parseUnsigned (bytes: Buffer, start: number, end: number): boolean {
  start = skipSpace(bytes, start, end)
  if (bytes[start] === PLUS && end > start) start++
  return u64.parse(bytes, start, endOfNumber(bytes, start, end))
}

/** A signed number, of which memcached keeps the lower 32 bits: u64.low. */
export function parseSigned (bytes: Buffer, start: number, end: number): boolean {
  start = skipSpace(bytes, start, end)
  const negative = end > start && bytes[start] === MINUS
  if (negative || (end > start && bytes[start] === PLUS)) start++
  if (!u64.parse(bytes, start, endOfNumber(bytes, start, end)) || u64.high < 0) return false
  if (negative) u64.negate()
  return true
}

function skipSpace (bytes: Buffer, start: number, end: number): number {
  while (start < end && isSpace(bytes[start]!)) start++
  return start
}

function endOfNumber (bytes: Buffer, start: number, end: number): number {
  while (start < end && !isSpace(bytes[start]!)) start++
  return start
}
