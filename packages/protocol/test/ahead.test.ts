import fc from 'fast-check'
import { Ahead } from '../src/ahead.js'
import { foreseeFrames } from '../src/binary/ahead.js'
import { foreseeKeys, foreseeLines } from '../src/text/ahead.js'

const ROOM = 5

type Foresee = typeof foreseeLines

/** The keys that are found, and what is left of the text. */
function look (foresee: Foresee, text: string) {
  const bytes = Buffer.from(`--${text}--`, 'latin1')
  const ahead = new Ahead(ROOM)
  const next = foresee(bytes, 2, bytes.length - 2, ahead)
  const keys = Array.from({ length: ahead.count }, (_, i) =>
    bytes.toString('latin1', ahead.starts[i], ahead.ends[i]))
  return { keys, left: bytes.toString('latin1', next, bytes.length - 2) }
}

function frame (key: string, extras = 0, value = '') {
  const header = Buffer.alloc(24 + extras)
  header[0] = 0x80
  header.writeUInt16BE(key.length, 2)
  header[4] = extras
  header.writeUInt32BE(extras + key.length + value.length, 8)
  return header.toString('latin1') + key + value
}

test.each([
  ['get a\r\nget bc\n', ['a', 'bc'], ''],
  ['get a b  c \r\n', ['a', 'b', 'c'], ''],
  ['get a\r\nset b 0 0 1\r\nx\r\nget c\r\n', ['a'], 'set b 0 0 1\r\nx\r\nget c\r\n'],
  ['get a b', ['a'], 'b'],
  ['get a b ', ['a', 'b'], ''],
  ['get a\r', [], 'a\r'],
  ['get 1 2 3 4 5 6 7\r\n', ['1', '2', '3', '4', '5'], '6 7\r\n'],
  ['get 1 2 3 4 5\r\nget 6\r\n', ['1', '2', '3', '4', '5'], 'get 6\r\n'],
  ['mg a v\r\nget b\r\nmg c\n', ['a', 'b', 'c'], ''],
  ['mg a', [], 'mg a'],
  ['mg a v', [], 'a v'],
  ['mg  a\r\nmn\r\n', [], 'mn\r\n'],
  ['gets a\r\n', [], 'gets a\r\n'],
  ['get\r\n', [], 'get\r\n'],
  ['', [], '']
])('of the lines %j it finds the keys %j and leaves %j', (text, keys, left) => {
  expect(look(foreseeLines, text)).toEqual({ keys, left })
})

test.each([
  ['a b\r\nget c\r\nquit\r\n', ['a', 'b', 'c'], 'quit\r\n'],
  [' a', [], 'a'],
  ['\r\nget b\r\n', ['b'], '']
])('within a line, of %j it finds the keys %j and leaves %j', (text, keys, left) => {
  expect(look(foreseeKeys, text)).toEqual({ keys, left })
})

test('of frames it finds the keys up to one whose key has not come', () => {
  const whole = frame('a') + frame('bc', 8, 'value') + frame('')
  expect(look(foreseeFrames, whole)).toEqual({ keys: ['a', 'bc'], left: '' })
  expect(look(foreseeFrames, whole + frame('long').slice(0, -1))).toEqual(
    { keys: ['a', 'bc'], left: frame('long').slice(0, -1) })
  expect(look(foreseeFrames, frame('a', 8, 'x'.repeat(9)).slice(0, -4))).toEqual(
    { keys: ['a'], left: '' })
  expect(look(foreseeFrames, frame('a').repeat(6))).toEqual(
    { keys: Array(ROOM).fill('a'), left: frame('a') })
  expect(look(foreseeFrames, `${frame('a')}get b\r\n`.padEnd(60))).toMatchObject({ keys: ['a'] })
})

test('of frames it tells which store or remove an item', () => {
  const opcodes = [0x00, 0x01, 0x04, 0x05, 0x19]
  const bytes = Buffer.concat(opcodes.map(opcode => {
    const bytes = Buffer.from(frame('k'), 'latin1')
    bytes[1] = opcode
    return bytes
  }))
  const ahead = new Ahead(ROOM)
  foreseeFrames(bytes, 0, bytes.length, ahead)
  expect(ahead.stored.toString(2)).toBe('10110')
  ahead.clear()
  expect(ahead).toMatchObject({ count: 0, stored: 0 })
})

test('whatever comes, it stays inside', () => {
  const piece = fc.oneof(
    fc.constantFrom('get ', 'get', ' ', '\r\n', '\n', 'a', '\x80\0\xff\xff', frame('k'),
      `\x80\0\0\x01\0\0\0\0\xff\xff\xff\xff${'\0'.repeat(12)}`),
    fc.string({ maxLength: 9 }))
  fc.assert(fc.property(fc.array(piece, { maxLength: 40 }), pieces => {
    const bytes = Buffer.from(pieces.join(''), 'latin1')
    for (const foresee of [foreseeFrames, foreseeLines, foreseeKeys]) {
      const ahead = new Ahead(ROOM)
      const next = foresee(bytes, 0, bytes.length, ahead)
      expect(next).toBeGreaterThanOrEqual(0)
      expect(next).toBeLessThanOrEqual(bytes.length)
      let last = 0
      for (let i = 0; i < ahead.count; i++) {
        expect(ahead.starts[i]).toBeGreaterThanOrEqual(last)
        expect(ahead.ends[i]).toBeGreaterThan(ahead.starts[i])
        last = ahead.ends[i]
      }
      expect(last).toBeLessThanOrEqual(bytes.length)
    }
  }))
})
