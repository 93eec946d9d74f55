import { u64 } from '@memplug/engine'
import fc from 'fast-check'
import { parseSigned, parseUnsigned } from '../src/text/numbers.js'

const WHITE = '\\t\\n\\v\\f\\r '
const NUMBER = new RegExp(`^[${WHITE}]*([+-]?)(\\d+)(?=[${WHITE}]|$)`)

/** What strtoull and strtol make of a token, and memcached's safe_strto* of that. */
function model (text: string, signed: boolean): bigint | null {
  const [, sign, digits] = NUMBER.exec(text) ?? []
  if (digits === undefined) return null
  const number = sign === '-' ? -BigInt(digits) : BigInt(digits)
  if (signed) return BigInt.asIntN(64, number) === number ? number : null
  if (BigInt(digits) >= 1n << 64n) return null
  const wrapped = BigInt.asUintN(64, number)
  return number < 0n && wrapped >= 1n << 63n ? null : wrapped
}

/** Reads a number that stands between other bytes; null if there is none. */
function read (text: string, signed: boolean): bigint | null {
  const bytes = Buffer.from(`7${text}7`, 'latin1')
  const parse = signed ? parseSigned : parseUnsigned
  if (!parse(bytes, 1, bytes.length - 1)) return null
  const bits = BigInt(u64.high >>> 0) << 32n | BigInt(u64.low >>> 0)
  return signed ? BigInt.asIntN(64, bits) : bits
}

describe('an unsigned number', () => {
  test.each([
    ['0', 0n], ['7', 7n], ['+7', 7n], ['007', 7n], ['\t7', 7n], ['7\r', 7n], ['7\vx', 7n],
    ['4294967295', 4294967295n], ['4294967296', 4294967296n],
    ['18446744073709551615', 18446744073709551615n], ['00018446744073709551615', 2n ** 64n - 1n],
    ['-0', 0n], ['-18446744073709551615', 1n], ['-9223372036854775809', 2n ** 63n - 1n]
  ])('%j is %s', (text, number) => {
    expect(read(text, false)).toBe(number)
  })

  test.each([
    '', '+', '-', '++7', '+-7', '-1', '-9223372036854775808', '18446744073709551616',
    '99999999999999999999', '184467440737095516150', '5x', '0x7', '7.0', '1e3', 'seven', '\t'
  ])('%j is none', text => {
    expect(read(text, false)).toBeNull()
  })
})

describe('a signed number', () => {
  test.each([
    ['0', 0n], ['-0', 0n], ['-1', -1n], ['+1', 1n], ['2147483648', 2147483648n], ['-7\r', -7n],
    ['9223372036854775807', 2n ** 63n - 1n], ['-9223372036854775808', -(2n ** 63n)]
  ])('%j is %s', (text, number) => {
    expect(read(text, true)).toBe(number)
  })

  test.each([
    '', '-', '--1', '- 1', '9223372036854775808', '-9223372036854775809', '18446744073709551616',
    '1-', '-x'
  ])('%j is none', text => {
    expect(read(text, true)).toBeNull()
  })
})

test('numbers are read as memcached reads them, whatever the token', () => {
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 21 })
  const around = fc.constantFrom('', '+', '-', '\t', '\t-', ' ', '-+', 'x', '\v')
  fc.assert(fc.property(around, digits, around, (before, number, after) => {
    const text = before + number + after
    expect(read(text, false)).toBe(model(text, false))
    expect(read(text, true)).toBe(model(text, true))
  }), { numRuns: 2000 })
})
