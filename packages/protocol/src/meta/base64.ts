import type { Sink } from '../sink.js'

/**
 * Base64 as memcached reads and writes it (RFC 4648, section 4). What is no digit is passed
 * over, and the number of digits, the padding among them, must be a multiple of 4.
 */

const DIGITS = Buffer.from(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 'latin1')
const PAD = 61
const NONE = 0x80
const MOST_PADDING = 2
/** So many digits make so many bytes. */
const GROUP = 4
const BYTES = 3

const values = new Uint8Array(256).fill(NONE)
for (let i = 0; i < DIGITS.length; i++) values[DIGITS[i]] = i
values[PAD] = 0

/**
 * Decodes bytes start to end to the beginning of `to`, which must have room for three quarters
 * of them; answers how many bytes came of it, 0 if it is not base64.
 */
export function decodeBase64 (from: Buffer, start: number, end: number, to: Buffer): number {
  if (countDigits(from, start, end) % GROUP !== 0) return 0
  let size = 0
  let group = 0
  let digits = 0
  let padding = 0
  for (let at = start; at < end; at++) {
    const value = values[from[at]]
    if (value === NONE) continue
    if (from[at] === PAD) padding++
    group = group << 6 | value
    digits++
    if (digits % GROUP !== 0) continue
    to[size] = group >> 16 & 0xff
    to[size + 1] = group >> 8 & 0xff
    to[size + 2] = group & 0xff
    size += BYTES
    // Padding ends it, whatever follows.
    if (padding > 0) break
  }
  return padding > MOST_PADDING ? 0 : size - padding
}

function countDigits (from: Buffer, start: number, end: number): number {
  let digits = 0
  for (let at = start; at < end; at++) if (values[from[at]] !== NONE) digits++
  return digits
}

/** Appends bytes start to end, encoded: four digits for each three bytes begun. */
export function putBase64 (sink: Sink, from: Buffer, start: number, end: number): void {
  const { bytes } = sink
  let to = sink.end
  for (let at = start; at < end; at += BYTES) {
    const left = end - at
    const second = left > 1 ? from[at + 1] : 0
    const third = left > 2 ? from[at + 2] : 0
    const group = from[at] << 16 | second << 8 | third
    bytes[to] = DIGITS[group >> 18]
    bytes[to + 1] = DIGITS[group >> 12 & 63]
    bytes[to + 2] = left > 1 ? DIGITS[group >> 6 & 63] : PAD
    bytes[to + 3] = left > 2 ? DIGITS[group & 63] : PAD
    to += GROUP
  }
  sink.end = to
}
