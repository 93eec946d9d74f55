import fc from 'fast-check'
import type { Sink } from '../src/sink.js'
import {
  putEndOfLine, putUnsigned64, putValueLine, putValueLineWithCas, VALUE_LINE_ROOM
} from '../src/text/values.js'

/** What a writer writes, into a sink that is not empty. */
function written (write: (sink: Sink) => void): string {
  const sink: Sink = { bytes: Buffer.alloc(512, '#'), end: 3 }
  write(sink)
  expect(sink.bytes.toString('latin1', 0, 3)).toBe('###')
  expect(sink.bytes[sink.end]).toBe(35)
  return sink.bytes.toString('latin1', 3, sink.end)
}

const halves = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map(number => ({
  number, low: Number(BigInt.asIntN(32, number)), high: Number(BigInt.asIntN(32, number >> 32n))
}))
const flags = fc.integer({ min: 0, max: 0xffffffff })
const size = fc.integer({ min: 0, max: 0x7fffffff })
const key = fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 250 })

test('a VALUE line is written as it would be formatted, flags being unsigned', () => {
  fc.assert(fc.property(key, flags, size, (name, flags, size) => {
    const bytes = Buffer.from(`<${name}>`, 'latin1')
    const line = written(sink =>
      putValueLine(sink, bytes, 1, bytes.length - 1, flags | 0, size))
    expect(line).toBe(`VALUE ${name} ${flags} ${size}\r\n`)
  }))
})

test('a VALUE line with cas is written as it would be formatted, and within its room', () => {
  fc.assert(fc.property(key, flags, size, halves, (name, flags, size, cas) => {
    const bytes = Buffer.from(name, 'latin1')
    const line = written(sink => putValueLineWithCas(
      sink, bytes, 0, bytes.length, flags | 0, size, cas.low, cas.high))
    expect(line).toBe(`VALUE ${name} ${flags} ${size} ${cas.number}\r\n`)
    expect(line.length + '\r\n'.length).toBeLessThanOrEqual(VALUE_LINE_ROOM + name.length)
  }))
})

test('the longest VALUE line has room', () => {
  const key = Buffer.alloc(250, 'k')
  const line = written(sink => putValueLineWithCas(sink, key, 0, 250, -1, 0x7fffffff, -1, -1))
  expect(line).toBe(`VALUE ${'k'.repeat(250)} 4294967295 2147483647 18446744073709551615\r\n`)
  expect(line.length + '\r\n'.length).toBeLessThanOrEqual(VALUE_LINE_ROOM + 250)
})

test('an unsigned 64-bit number is written in decimal', () => {
  fc.assert(fc.property(halves, ({ number, low, high }) => {
    expect(written(sink => putUnsigned64(sink, low, high))).toBe(String(number))
  }))
})

test('a line ends with a return and a newline', () => {
  expect(written(putEndOfLine)).toBe('\r\n')
})
