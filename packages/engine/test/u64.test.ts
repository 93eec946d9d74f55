import fc from 'fast-check'
import { u64 } from '../src/index.js'

const MAX = 2n ** 64n - 1n
const low = (number: bigint) => Number(BigInt.asIntN(32, number))
const high = (number: bigint) => Number(BigInt.asIntN(32, number >> 32n))
const result = () => BigInt.asUintN(64, BigInt(u64.high) << 32n | BigInt(u64.low >>> 0))

/** Numbers of every length, and those around which carries happen. */
const edges = [0n, 1n, 9n, 10n, 99n, 100n, 999_999_999n, 10n ** 9n, 10n ** 18n, 10n ** 19n,
  2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n,
  2n ** 63n, MAX - 1n, MAX, 4294967280n, 42949672960n, 18446744073709551609n]
const number = fc.oneof(
  fc.constantFrom(...edges),
  fc.bigInt(0n, MAX),
  fc.tuple(fc.nat(63), fc.bigInt(0n, MAX)).map(([shift, bits]) => bits >> BigInt(shift)))

const check = (property: (a: bigint, b: bigint) => void) =>
  fc.assert(fc.property(number, number, property), { numRuns: 2000 })

test('add wraps at 2^64', () => {
  check((a, b) => {
    u64.add(low(a), high(a), low(b), high(b))
    expect(result()).toBe(BigInt.asUintN(64, a + b))
  })
})

test('subtract stops at 0', () => {
  check((a, b) => {
    u64.subtract(low(a), high(a), low(b), high(b))
    expect(result()).toBe(a > b ? a - b : 0n)
  })
})

test('negate takes the last result from 0', () => {
  check((a, b) => {
    u64.add(low(a), high(a), low(b), high(b))
    u64.negate()
    expect(result()).toBe(BigInt.asUintN(64, -(a + b)))
    expect([u64.low, u64.high]).toEqual([u64.low | 0, u64.high | 0])
  })
})

test('isLess compares without a sign', () => {
  check((a, b) => {
    expect(u64.isLess(low(a), high(a), low(b), high(b))).toBe(a < b)
    expect(u64.isLess(low(a), high(a), low(a), high(a))).toBe(false)
  })
})

test('results are int32', () => {
  check((a, b) => {
    for (const work of [u64.add, u64.subtract]) {
      work(low(a), high(a), low(b), high(b))
      expect([u64.low, u64.high]).toEqual([u64.low | 0, u64.high | 0])
    }
  })
})

test('halves may be given unsigned as well', () => {
  check((a, b) => {
    u64.add(low(a) >>> 0, high(a) >>> 0, low(b), high(b))
    expect(result()).toBe(BigInt.asUintN(64, a + b))
  })
})

test('parse reads what print wrote, in the midst of other bytes', () => {
  check(a => {
    const digits = String(a)
    const bytes = Buffer.alloc(40, 'x')
    const start = u64.print(bytes, 30, low(a), high(a))
    expect(bytes.toString('latin1')).toBe('x'.repeat(start) + digits + 'x'.repeat(10))
    expect(u64.countDigits(low(a), high(a))).toBe(digits.length)
    expect(u64.parse(bytes, start, 30)).toBe(true)
    expect(result()).toBe(a)
    expect([u64.low, u64.high]).toEqual([low(a), high(a)])
  })
})

test('parse reads zeros before a number', () => {
  fc.assert(fc.property(number, fc.nat(30), (a, zeros) => {
    const bytes = Buffer.from('0'.repeat(zeros) + String(a))
    expect(u64.parse(bytes, 0, bytes.length)).toBe(true)
    expect(result()).toBe(a)
  }))
})

test('parse refuses 2^64 and more', () => {
  fc.assert(fc.property(fc.bigInt(MAX + 1n, 10n ** 40n), a => {
    const bytes = Buffer.from(String(a))
    expect(u64.parse(bytes, 0, bytes.length)).toBe(false)
  }))
  for (const text of ['18446744073709551616', '18446744073709551620', '99999999999999999999']) {
    expect(u64.parse(Buffer.from(text), 0, text.length)).toBe(false)
  }
  expect(u64.parse(Buffer.from('18446744073709551615'), 0, u64.MAX_DIGITS)).toBe(true)
})

test.each([
  '', ' ', 'x', '-1', '+1', '1 ', ' 1', '1.0', '1e3', '0x1', '1\0', '/', ':', '12345678901x'
])('parse refuses %j', text => {
  expect(u64.parse(Buffer.from(text, 'latin1'), 0, text.length)).toBe(false)
})

test('parse refuses an empty or turned range', () => {
  expect(u64.parse(Buffer.from('123'), 1, 1)).toBe(false)
  expect(u64.parse(Buffer.from('123'), 2, 1)).toBe(false)
})
