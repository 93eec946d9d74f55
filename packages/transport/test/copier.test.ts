import { randomBytes } from 'node:crypto'
import { copyBytes, forgetBytes, rememberBytes } from '@memplug/transport'
import './support/transports.js'

const SIZE = 1 << 17

const known = randomBytes(SIZE)
const shared = Buffer.from(new SharedArrayBuffer(SIZE + 64), 64)
const unknown = randomBytes(SIZE)
const small = randomBytes(2000)

beforeAll(() => {
  rememberBytes(known)
  rememberBytes(known)
  shared.set(randomBytes(SIZE))
})

afterAll(() => { forgetBytes(known) })

const memories = { known, shared, unknown, small }
const pairs = Object.keys(memories).flatMap(from => {
  return Object.keys(memories).map(to => [from, to] as const)
}) as [keyof typeof memories, keyof typeof memories][]

test.each(pairs)('copies from a %s Buffer to a %s one, of any length', (from, to) => {
  const source = memories[from]
  const target = memories[to]
  for (const length of [0, 1, 7, 12, 13, 100, 191, 192, 193, 900]) {
    const before = Buffer.from(target.subarray(0, 2000))
    const bytes = Buffer.from(source.subarray(5, 5 + length))
    copyBytes(source, 5, 5 + length, target, 1003)
    expect(target.subarray(1003, 1003 + length).equals(bytes)).toBe(true)
    expect(target.subarray(0, 1003).equals(before.subarray(0, 1003))).toBe(true)
    expect(target.subarray(1003 + length, 2000).equals(before.subarray(1003 + length))).toBe(true)
  }
})

test.each(pairs)('copies nothing outside of its ranges: %s to %s', (from, to) => {
  const source = memories[from]
  const target = memories[to]
  const before = Buffer.from(target)
  for (const [start, end, at] of [
    [-1, 20, 0], [0, source.length + 1, 0], [20, 0, 0], [0, 20, -1],
    [0, 20, target.length - 19], [NaN, 20, 0], [0, NaN, 0], [0, 20, NaN], [0, Infinity, 0]
  ] as const) {
    expect(() => copyBytes(source, start, end, target, at)).toThrow(RangeError)
  }
  expect(target.equals(before)).toBe(true)
})

test('copies at the very end of both', () => {
  copyBytes(known, SIZE - 500, SIZE, shared, SIZE - 500)
  expect(shared.subarray(SIZE - 500).equals(known.subarray(SIZE - 500))).toBe(true)
})

test('knows many memories, and copies between those that are too many', () => {
  const many = Array.from({ length: 200 }, () => randomBytes(1 << 16))
  for (const bytes of many) rememberBytes(bytes)
  for (let i = 1; i < many.length; i++) copyBytes(many[i - 1], 0, 1 << 16, many[i], 0)
  expect(many.every(bytes => bytes.equals(many[0]))).toBe(true)
  for (const bytes of many) forgetBytes(bytes)
  copyBytes(known, 0, 1000, many[3], 0)
  expect(many[3].subarray(0, 1000).equals(known.subarray(0, 1000))).toBe(true)
})
