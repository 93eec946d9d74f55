import fc from 'fast-check'
import { Line } from '../src/text/line.js'

const line = new Line()

function read (text: string, before = ''): string[] | null {
  const bytes = Buffer.from(before + text, 'latin1')
  if (!line.read(bytes, before.length, bytes.length)) return null
  const count = Math.min(line.count, line.starts.length)
  return Array.from({ length: count }, (_, at) =>
    bytes.toString('latin1', line.starts[at], line.ends[at]))
}

test.each<[string, string[] | null]>([
  ['get a\r\n', ['get', 'a']],
  ['get a\n', ['get', 'a']],
  ['  get   a  \r\n', ['get', 'a']],
  ['\r\n', []],
  ['\n', []],
  [' \r\n', []],
  ['get a\r\r\n', ['get', 'a\r']],
  ['get\r a\r\n', ['get\r', 'a']],
  ['get\ta\0\r\n', ['get\ta\0']],
  ['get a\r\nget b\r\n', ['get', 'a']],
  ['get a', null],
  ['get a\r', null],
  ['get ', null],
  ['', null]
])('%j is split into %j', (text, tokens) => {
  expect(read(text)).toEqual(tokens)
})

test('a line is split at its blanks, whatever its bytes, wherever it starts', () => {
  const bytes = fc.string({ unit: fc.constantFrom(' ', ' ', 'a', 'b', '\r', '\n', '\0', '\xff') })
  fc.assert(fc.property(bytes, bytes, (before, text) => {
    const end = text.indexOf('\n')
    const tokens = read(text, before)
    if (end < 0) {
      expect(tokens).toBeNull()
      return
    }
    const expected = text.slice(0, end).replace(/\r$/, '').split(' ').filter(Boolean)
    expect(tokens).toEqual(expected.slice(0, 24))
    expect(line.count).toBe(expected.length)
    expect(line.next).toBe(before.length + end + 1)
    const last = (before + text).slice(line.lastStart, line.lastEnd)
    if (expected.length > 0) expect(last).toBe(expected.at(-1))
  }), { numRuns: 2000 })
})

test('more tokens than are kept are counted, and the last one is known', () => {
  const bytes = Buffer.from('a b c d e f g h i j k l m n o p q r s t u v w x y noreply\n')
  expect(line.read(bytes, 0, bytes.length)).toBe(true)
  expect(line.count).toBe(26)
  expect(line.lastIs(bytes, Buffer.from('noreply'))).toBe(true)
  expect(line.is(bytes, 23, Buffer.from('x'))).toBe(true)
  expect(line.is(bytes, 25, Buffer.from('noreply'))).toBe(false)
})

test('a token is compared whole', () => {
  const bytes = Buffer.from('delete key 0\r\n')
  line.read(bytes, 0, bytes.length)
  const answers = ['0', '00', '', '1'].map(word => line.is(bytes, 2, Buffer.from(word)))
  expect(answers).toEqual([true, false, false, false])
  expect(line.is(bytes, 3, Buffer.from('0'))).toBe(false)
  expect(line.lastIs(bytes, Buffer.from('0\r'))).toBe(false)
})
