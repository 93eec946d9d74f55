/** Everything but letters, digits and -._~ becomes %XX, as memcached's uriencode does. */

const HEX = '0123456789ABCDEF'
const PLAIN = /^[A-Za-z0-9\-._~]*$/
const isPlain = Array.from({ length: 256 }, (_, byte) => PLAIN.test(String.fromCharCode(byte)))
const encoded = isPlain.map((plain, byte) =>
  plain ? String.fromCharCode(byte) : `%${HEX[byte >>> 4]}${HEX[byte & 15]}`)

/** The bytes start to end as text that has no blank, line end or equals sign. */
export function uriEncode (bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('latin1', start, end)
  if (PLAIN.test(text)) return text
  let result = ''
  for (let at = start; at < end; at++) result += encoded[bytes[at]]
  return result
}
