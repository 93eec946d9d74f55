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
/** The high half of -2^63. */
const LEAST_HIGH = -0x80000000

const isSpace = (byte: number): boolean =>
  byte === BLANK || (byte >= TAB && byte <= CARRIAGE_RETURN)

let negative = false

/** An unsigned 64-bit number. A sign wraps it: memcached takes that for one if it is positive. */
export function parseUnsigned (bytes: Buffer, start: number, end: number): boolean {
  if (!parseDigits(bytes, start, end)) return false
  if (!negative) return true
  u64.negate()
  return u64.high >= 0
}

/** A signed number, of which memcached keeps the lower 32 bits: u64.low. */
export function parseSigned (bytes: Buffer, start: number, end: number): boolean {
  if (!parseDigits(bytes, start, end)) return false
  const isLeast = negative && u64.low === 0 && u64.high === LEAST_HIGH
  if (u64.high < 0 && !isLeast) return false
  if (negative) u64.negate()
  return true
}

/** What follows the sign, and in `negative` whether that is a minus. */
function parseDigits (bytes: Buffer, start: number, end: number): boolean {
  start = skipSpace(bytes, start, end)
  const sign = start < end ? bytes[start] : 0
  negative = sign === MINUS
  if (negative || sign === PLUS) start++
  return u64.parse(bytes, start, endOfNumber(bytes, start, end))
}

function skipSpace (bytes: Buffer, start: number, end: number): number {
  while (start < end && isSpace(bytes[start])) start++
  return start
}

function endOfNumber (bytes: Buffer, start: number, end: number): number {
  while (start < end && !isSpace(bytes[start])) start++
  return start
}
