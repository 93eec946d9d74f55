import type { Sink } from '../sink.js'

/** Everything but letters, digits and -._~ becomes %XX, as memcached's uriencode does. */

const HEX = Buffer.from('0123456789ABCDEF', 'latin1')
const PERCENT = 37
const PLAIN = /^[A-Za-z0-9\-._~]*$/
const isPlain = Uint8Array.from(
  { length: 256 }, (_, byte) => Number(PLAIN.test(String.fromCharCode(byte))))

/** The bytes start to end as text that has no blank, line end or equals sign. */
export function uriEncode (bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('latin1', start, end)
  if (PLAIN.test(text)) return text
  const sink = { bytes: Buffer.allocUnsafe(3 * (end - start)), end: 0 }
  putUri(sink, bytes, start, end)
  return sink.bytes.toString('latin1', 0, sink.end)
}

/** Appends that text: up to three bytes for each. */
export function putUri (sink: Sink, from: Buffer, start: number, end: number): void {
  const { bytes } = sink
  let to = sink.end
  for (let at = start; at < end; at++) {
    const byte = from[at]
    if (isPlain[byte] === 1) {
      bytes[to++] = byte
      continue
    }
    bytes[to] = PERCENT
    bytes[to + 1] = HEX[byte >>> 4]
    bytes[to + 2] = HEX[byte & 15]
    to += 3
  }
  sink.end = to
}
