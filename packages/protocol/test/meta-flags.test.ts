import fc from 'fast-check'
import { Flag, isMetaLine, Line, metaWords, MetaFlags } from '../src/index.js'

const NOW = 1000
const EPOCH = 1_700_000_000
const DAY = 86_400

const line = new Line()
const flags = new MetaFlags()

/** What is wrong with these flags of an mg. */
function read (text: string, key = 'key'): Buffer | null {
  const bytes = Buffer.from(`mg ${key}${text}\r\n`, 'latin1')
  expect(line.read(bytes, 0, bytes.length)).toBe(true)
  return flags.read(line, bytes, 2, NOW, EPOCH)
}

test('the letters are known, and the order they came in', () => {
  expect(read(' v k  t s')).toBeNull()
  expect([...flags.letters.subarray(0, flags.count)]).toEqual(
    [Flag.VALUE, Flag.KEY, Flag.TTL, Flag.SIZE])
  expect([flags.has(Flag.VALUE), flags.has(Flag.CAS), flags.has(Flag.EXPIRES)]).toEqual(
    [true, false, false])
  expect(flags.isBefore(Flag.KEY, Flag.TTL)).toBe(true)
  expect(flags.isBefore(Flag.TTL, Flag.KEY)).toBe(false)
  expect(flags.isBefore(Flag.TTL, Flag.CAS)).toBe(false)
  expect(flags.isBefore(Flag.CAS, Flag.TTL)).toBe(false)
})

test('nothing is left of the flags read before', () => {
  expect(read(' b T9 N9 R9 F9 C9 E9 D9 J9 MA Oabc', 'QUJD')).toBeNull()
  expect(read('')).toBeNull()
  const { count, expires, createExpires, recache, clientFlags, mode, opaqueLength } = flags
  expect([count, expires, createExpires, recache, clientFlags, mode, opaqueLength]).toEqual(
    [0, 0, 0, 0, 0, 0, 0])
  expect([flags.deltaLow, flags.deltaHigh, flags.initialLow, flags.initialHigh]).toEqual(
    [1, 0, 0, 0])
  for (const flag of Object.values(Flag)) expect(flags.has(flag)).toBe(false)
})

test('times are absolute: durations, Unix times, never, and past', () => {
  expect(read(` T30 N${31 * DAY} R0`)).toBeNull()
  expect([flags.expires, flags.createExpires, flags.recache]).toEqual([NOW + 30, 1, 0])
  expect(read(` T-1 N${EPOCH + 5000} R-2147483648`)).toBeNull()
  expect([flags.expires, flags.createExpires, flags.recache]).toEqual([1, 5000, 1])
})

test('numbers of 64 bits are halves', () => {
  expect(read(' C18446744073709551615 E4294967296 D9223372036854775808 J4294967295')).toBeNull()
  expect([flags.compareLow, flags.compareHigh, flags.newCasLow, flags.newCasHigh]).toEqual(
    [-1, -1, 0, 1])
  expect([flags.deltaLow, flags.deltaHigh, flags.initialLow, flags.initialHigh]).toEqual(
    [0, -0x80000000, -1, 0])
})

test('an opaque is kept up to 31 bytes, its letter beside them', () => {
  expect(read(` O${'o'.repeat(31)}`)).toBeNull()
  expect(flags.opaque.toString('latin1', 0, flags.opaqueLength)).toBe(`O${'o'.repeat(31)}`)
  expect(flags.isOpaqueTooLong).toBe(false)
  expect(read(` O${'o'.repeat(32)}`)).toBeNull()
  expect(flags.isOpaqueTooLong).toBe(true)
  expect(read(` O${'o'.repeat(2000)}`)).toBeNull()
  expect(flags.isOpaqueTooLong).toBe(true)
})

test('a key in base64 is decoded', () => {
  expect(read(' b', 'AAECDQog')).toBeNull()
  expect(flags.key.subarray(0, flags.keyLength)).toEqual(Buffer.from([0, 1, 2, 13, 10, 32]))
  expect(read(' b', 'A'.repeat(248))).toBeNull()
  expect(flags.keyLength).toBe(186)
  expect(read(' b', 'A'.repeat(249))).toBe(metaWords.BAD_BASE64)
  expect(read(' b', 'A'.repeat(252))).toBe(metaWords.BAD_FORMAT)
})

test.each([
  [' m', metaWords.BAD_FLAG], [' 1', metaWords.BAD_FLAG], [' _', metaWords.BAD_FLAG],
  [' W', metaWords.BAD_FLAG], [' v v', metaWords.DUPLICATE_FLAG],
  [' T1 T2', metaWords.DUPLICATE_FLAG], [' T', metaWords.BAD_TOKEN], [' Tx', metaWords.BAD_TOKEN],
  [' F', metaWords.BAD_FORMAT], [' D', metaWords.BAD_DELTA], [' J-5', metaWords.BAD_INITIAL],
  // The last fault is told, but for that of F; and none once a flag is none.
  [' Tx Dx', metaWords.BAD_DELTA], [' Tx Fx', metaWords.BAD_TOKEN], [' Fx Tx', metaWords.BAD_TOKEN],
  [' Tx m Dx', metaWords.BAD_FLAG], [' k'.repeat(19), metaWords.TOO_MANY_FLAGS],
  [' k'.repeat(5000), metaWords.TOO_MANY_FLAGS]
])('%j is refused', (text, word) => {
  expect(read(text)).toBe(word)
})

test('a flag that begins with neither letter nor digit makes no meta line', () => {
  const starts = (text: string): boolean => {
    const bytes = Buffer.from(`mg key ${text}\r\n`, 'latin1')
    line.read(bytes, 0, bytes.length)
    return isMetaLine(line, bytes, 2)
  }
  expect(['v k', '5', '_', 'z', 'A', 'v!'].map(starts)).toEqual(Array(6).fill(true))
  expect(['!', 'v !', '{', '@', '\xff', '-1', ':'].map(starts)).toEqual(Array(7).fill(false))
})

test('no bytes do harm', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), array => {
    const bytes = Buffer.concat([Buffer.from('mg k '), array, Buffer.from('\n')])
    if (!line.read(bytes, 0, bytes.length)) throw new Error('it has a newline')
    flags.read(line, bytes, 2, NOW, EPOCH)
    expect(flags.count).toBeLessThanOrEqual(20)
  }), { numRuns: 2000 })
})
