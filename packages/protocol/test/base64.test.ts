import fc from 'fast-check'
import { decodeBase64, putBase64 } from '../src/index.js'

const decode = (text: string): string | null => {
  const from = Buffer.from(`<${text}>`, 'latin1')
  const to = Buffer.alloc(text.length + 1, 0xee)
  const size = decodeBase64(from, 1, from.length - 1, to)
  expect(size).toBeLessThanOrEqual(text.length)
  return size === 0 ? null : to.toString('latin1', 0, size)
}

const encode = (bytes: Buffer): string => {
  const sink = { bytes: Buffer.alloc(2 * bytes.length + 8), end: 2 }
  putBase64(sink, Buffer.concat([Buffer.from('<'), bytes, Buffer.from('>')]), 1, bytes.length + 1)
  return sink.bytes.toString('latin1', 2, sink.end)
}

test('any bytes are encoded as Node does, and decoded again', () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 187 }), array => {
    const bytes = Buffer.from(array)
    expect(encode(bytes)).toBe(bytes.toString('base64'))
    expect(decode(encode(bytes))).toBe(bytes.toString('latin1'))
  }))
  expect(encode(Buffer.alloc(0))).toBe('')
})

test.each([
  ['', null], ['a', null], ['abc', null], ['abcde', null], ['====', null], ['a===', null],
  ['!', null], ['!!!!', null], ['-_-_', null],
  // Padding counts as a digit, and hides so many bytes, wherever it stands.
  ['QUI=', 'AB'], ['QQ==', 'A'], ['QUI=QUJD', 'AB'], ['=UJD', '\0AB'.slice(0, 2)],
  // What is no digit is passed over.
  ['Q U J D', 'ABC'], ['!QU!JD!', 'ABC'], ['\xffQUJD', 'ABC']
])('%j is decoded as memcached does', (text, bytes) => {
  const wanted = text === '=UJD' ? Buffer.from('AUJD', 'base64').toString('latin1', 0, 2) : bytes
  expect(decode(text)).toBe(wanted)
})
