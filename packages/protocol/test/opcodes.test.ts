import { fits, isQuiet, isWithKey, Kind, kinds } from '../src/binary/opcodes.js'

type Part = 'must' | 'may' | 'no'
type Row = [
  loud: number, quiet: number | null, name: string, kind: Kind, extras: number[],
  key: Part, value: Part, withKey?: boolean
]

/** The opcodes of memcached's protocol_binary.txt that are served. */
const table: Row[] = [
  [0x00, 0x09, 'Get', Kind.GET, [0], 'must', 'no'],
  [0x01, 0x11, 'Set', Kind.STORE, [8], 'must', 'may'],
  [0x02, 0x12, 'Add', Kind.STORE, [8], 'must', 'may'],
  [0x03, 0x13, 'Replace', Kind.STORE, [8], 'must', 'may'],
  [0x04, 0x14, 'Delete', Kind.DELETE, [0], 'must', 'no'],
  [0x05, 0x15, 'Increment', Kind.ARITHMETIC, [20], 'must', 'no'],
  [0x06, 0x16, 'Decrement', Kind.ARITHMETIC, [20], 'must', 'no'],
  [0x07, 0x17, 'Quit', Kind.QUIT, [0], 'no', 'no'],
  [0x08, 0x18, 'Flush', Kind.FLUSH, [0, 4], 'no', 'no'],
  [0x0a, null, 'No-op', Kind.NOOP, [0], 'no', 'no'],
  [0x0b, null, 'Version', Kind.VERSION, [0], 'no', 'no'],
  [0x0c, 0x0d, 'GetK', Kind.GET, [0], 'must', 'no', true],
  [0x0e, 0x19, 'Append', Kind.JOIN, [0], 'must', 'may'],
  [0x0f, 0x1a, 'Prepend', Kind.JOIN, [0], 'must', 'may'],
  [0x10, null, 'Stat', Kind.STAT, [0], 'may', 'no'],
  [0x1c, null, 'Touch', Kind.TOUCH, [4], 'must', 'no'],
  [0x20, null, 'SASL list mechs', Kind.SASL_LIST, [0], 'may', 'may'],
  [0x21, null, 'SASL auth', Kind.SASL_AUTH, [0], 'may', 'may'],
  [0x22, null, 'SASL step', Kind.SASL_AUTH, [0], 'may', 'may'],
  [0x1d, 0x1e, 'GAT', Kind.TOUCH, [4], 'must', 'no'],
  [0x23, 0x24, 'GATK', Kind.TOUCH, [4], 'must', 'no', true]
]

const allows = (part: Part, length: number) => length > 0 ? part !== 'no' : part !== 'must'

describe.each(table)('0x%s', (loud, quiet, name, kind, extras, key, value, withKey = false) => {
  const variants = quiet === null ? [[loud, 0]] : [[loud, 0], [quiet, 1]]
  test.each(variants)(`${name}, opcode %i`, (opcode, isQuietOne) => {
    expect(kinds[opcode]).toBe(kind)
    expect(isQuiet[opcode]).toBe(isQuietOne)
    expect(isWithKey[opcode]).toBe(Number(withKey))
    for (let extrasLength = 0; extrasLength < 256; extrasLength++) {
      for (const keyLength of [0, 1, 250, 65535]) {
        for (const valueLength of [0, 1, 1 << 20]) {
          const expected =
            extras.includes(extrasLength) && allows(key, keyLength) && allows(value, valueLength)
          if (fits(opcode, extrasLength, keyLength, valueLength) !== expected) {
            throw new Error(`extras ${extrasLength}, key ${keyLength}, value ${valueLength}`)
          }
        }
      }
    }
  })
})

test('no other opcode is served', () => {
  const served = new Set(table.flatMap(([loud, quiet]) => [loud, quiet]))
  for (let opcode = 0; opcode < 256; opcode++) {
    if (served.has(opcode)) continue
    expect([opcode, kinds[opcode], isQuiet[opcode], isWithKey[opcode]])
      .toEqual([opcode, Kind.UNKNOWN, 0, 0])
  }
  expect([kinds.length, isQuiet.length, isWithKey.length]).toEqual([256, 256, 256])
})
