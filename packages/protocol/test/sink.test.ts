import fc from 'fast-check'
import { putBytes, putNumber, putWord, type Sink } from '../src/sink.js'

/** Bytes that differ from their neighbours. */
const from = Buffer.from(Array.from({ length: 1000 }, (_, at) => at * 7 & 255))

test('what is put follows what was put', () => {
  const sink: Sink = { bytes: Buffer.alloc(400), end: 1 }
  putWord(sink, Buffer.from('VALUE '))
  putBytes(sink, Buffer.from('<key>'), 1, 4)
  putNumber(sink, 42)
  putBytes(sink, from, 0, 300)
  expect(sink.end).toBe(312)
  expect(sink.bytes.toString('latin1', 0, 12)).toBe('\0VALUE key42')
  expect(sink.bytes.subarray(12, 312).equals(from.subarray(0, 300))).toBe(true)
})

test('a number is written in decimal, as an unsigned one', () => {
  const write = (number: number) => {
    const sink: Sink = { bytes: Buffer.alloc(16, '#'), end: 2 }
    putNumber(sink, number)
    expect(sink.bytes[sink.end]).toBe(35)
    return sink.bytes.toString('latin1', 2, sink.end)
  }
  for (let power = 1; power <= 1e10; power *= 10) {
    for (const number of [power - 1, power, power + 1]) {
      if (number < 2 ** 32) expect(write(number)).toBe(String(number))
    }
  }
  fc.assert(fc.property(fc.integer(), number => {
    expect(write(number)).toBe(String(number >>> 0))
  }))
})
