import { u64 } from '@memplug/engine'
import { readNumber, writeNumber } from '../src/number.js'

const read = (text: string) => {
  const bytes = Buffer.from(`1${text}1`, 'latin1')
  return readNumber(bytes, 1, bytes.length - 1)
    ? BigInt.asUintN(32, BigInt(u64.high)) << 32n | BigInt.asUintN(32, BigInt(u64.low))
    : null
}

test.each([
  ['0', 0n], ['7', 7n], ['007', 7n], ['4294967295', 2n ** 32n - 1n], ['4294967296', 2n ** 32n],
  ['18446744073709551615', 2n ** 64n - 1n], ['000000000000000000000000000000001', 1n],
  ['7 ', 7n], ['  7', 7n], ['\t\n\v\f\r 7', 7n], ['+7', 7n], [' +7 ', 7n], ['7 x', 7n],
  ['7\r\n', 7n]
])('%j is a number', (text, number) => {
  expect(read(text)).toBe(number)
})

test.each([
  '', ' ', '+', 'x', '-1', '--1', '+-1', '++1', '+ 1', '1x', '1.0', '1e3', '0x1', '\0', '1\0',
  '18446744073709551616', '99999999999999999999', '184467440737095516150', '\xa01', '\xb2'
])('%j is none', text => {
  expect(read(text)).toBeNull()
})

test('a number is written with spaces behind it, and nothing beyond', () => {
  const bytes = Buffer.from('[xxxxxx]')
  writeNumber(bytes, 1, 7, 1234, 0, 4)
  expect(bytes.toString()).toBe('[1234  ]')
  const long = Buffer.alloc(22, '.')
  writeNumber(long, 1, 21, -1, -1, 20)
  expect(long.toString()).toBe('.18446744073709551615.')
})
