import { u64 } from '@memplug/engine'

const SPACE = 32
const PLUS = 43
const TAB = 9
const CARRIAGE_RETURN = 13

/**
 * Reads a value as memcached does: an unsigned 64-bit decimal number, perhaps after spaces and
 * a plus sign; whatever follows a space after it is ignored. Leaves it in u64.low and u64.high;
 * false if it is no such number.
 */
export function readNumber (bytes: Buffer, start: number, end: number): boolean {
  let from = start
  while (from < end && isSpace(bytes[from])) from++
  if (from < end && bytes[from] === PLUS) from++
  let to = from
  while (to < end && !isSpace(bytes[to])) to++
  return u64.parse(bytes, from, to)
}

/** Writes a number of so many digits from `start`, and spaces from there to `end`. */
export function writeNumber (
  bytes: Buffer, start: number, end: number, low: number, high: number, digits: number
): void {
  u64.print(bytes, start + digits, low, high)
  for (let at = start + digits; at < end; at++) bytes[at] = SPACE
}

function isSpace (byte: number): boolean {
  return byte === SPACE || (byte >= TAB && byte <= CARRIAGE_RETURN)
}
