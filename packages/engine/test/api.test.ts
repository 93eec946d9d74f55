import { API_VERSION, Arithmetic, Get, Op, Remove, State, Status, Store } from '../src/index.js'

test('the statuses are the numbers of the binary protocol', () => {
  expect(Status).toEqual({
    SUCCESS: 0x00,
    NOT_FOUND: 0x01,
    EXISTS: 0x02,
    TOO_LARGE: 0x03,
    INVALID: 0x04,
    NOT_STORED: 0x05,
    NOT_NUMERIC: 0x06,
    NO_MEMORY: 0x82,
    NOT_SUPPORTED: 0x83,
    INTERNAL: 0x84,
    TEMPORARY_FAILURE: 0x86
  })
})

test('the API has the version 1', () => {
  expect(API_VERSION).toBe(1)
})

test('the bits of a mode do not overlap', () => {
  const { SET, ADD, REPLACE, APPEND, PREPEND, KIND, ...storeBits } = Store
  expect([SET, ADD, REPLACE, APPEND, PREPEND].map(kind => kind & KIND)).toEqual([0, 1, 2, 3, 4])
  const { INCREMENT, DECREMENT, ...countBits } = Arithmetic
  expect([INCREMENT, DECREMENT]).toEqual([0, 1])
  const families: Array<[number, object]> = [
    [KIND, storeBits], [DECREMENT, countBits], [0, Get], [0, Remove], [0, State]
  ]
  for (const [taken, bits] of families) {
    let seen = taken
    for (const bit of Object.values(bits) as number[]) {
      expect(bit & (bit - 1)).toBe(0)
      expect(seen & bit).toBe(0)
      seen |= bit
    }
  }
})

test('a new Op asks for nothing and tells nothing', () => {
  const op = new Op()
  for (const value of Object.values(op)) {
    expect(value === 0 || value === false || value === null || Buffer.isBuffer(value)).toBe(true)
  }
  expect([op.key.length, op.value.length]).toEqual([0, 0])
})
