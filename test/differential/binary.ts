import { HEADER, Opcode, counterExtras, frame, uint32s, type Frame } from '../support/frames.js'
import { GROUPS } from './admin.js'
import { EXPIRIES, NUMBERS, binaryKey, value, type Command } from './command.js'
import type { Random } from './random.js'

/** Where a header keeps its cas. */
export const CAS_OFFSET = 16

/** A random binary request that a client might send. */
export function validBinary (random: Random, opaque: number): Command {
  const make = random.weigh<(random: Random) => Frame>([
    [30, get], [28, store], [8, join], [12, count], [7, remove], [8, touch], [0.3, flush],
    [2, plain]
  ])
  return wrap(random, make(random), opaque)
}

function wrap (random: Random, request: Frame, opaque: number): Command {
  const withCas = random.chance(0.15)
  const isWrong = random.chance(0.3)
  const cas = withCas ? 0x8000000000000001n : 0n
  const name = typeof request.key === 'string' && request.key !== '' ? request.key : undefined
  return {
    protocol: 'binary',
    bytes: frame({ cas, opaque, ...request }).toString('latin1'),
    counts: COUNTERS.includes(request.opcode),
    gets: GETS.includes(request.opcode),
    ...(name !== undefined && { key: name }),
    ...(name !== undefined && withCas && !isWrong && { casKey: name })
  }
}

const GETS: number[] = [
  Opcode.Get, Opcode.GetQ, Opcode.GetK, Opcode.GetKQ, Opcode.Gat, Opcode.GatQ, Opcode.GatK,
  Opcode.GatKQ
]
const COUNTERS: number[] = [
  Opcode.Increment, Opcode.IncrementQ, Opcode.Decrement, Opcode.DecrementQ
]

function expiry (random: Random): number {
  return random.chance(0.03) ? 0xffffffff : random.pick(EXPIRIES)
}

function get (random: Random): Frame {
  return { opcode: random.pick(GETS.slice(0, 4)), key: binaryKey(random) }
}

function store (random: Random): Frame {
  const opcode = random.pick([
    Opcode.Set, Opcode.Set, Opcode.Add, Opcode.Replace, Opcode.SetQ, Opcode.AddQ, Opcode.ReplaceQ
  ])
  const flags = random.pick([0, 0, 1, 0xffffffff])
  const extras = uint32s(flags, expiry(random))
  return { opcode, key: binaryKey(random), extras, value: value(random) }
}

function join (random: Random): Frame {
  const opcode = random.pick([Opcode.Append, Opcode.AppendQ, Opcode.Prepend, Opcode.PrependQ])
  return { opcode, key: binaryKey(random), value: value(random) }
}

function count (random: Random): Frame {
  const delta = BigInt(random.pick(NUMBERS))
  const initial = BigInt(random.pick(NUMBERS))
  const expires = random.pick([0, 100_000, 0xffffffff])
  const extras = counterExtras(delta, initial, expires)
  return { opcode: random.pick(COUNTERS), key: binaryKey(random), extras }
}

function remove (random: Random): Frame {
  return { opcode: random.pick([Opcode.Delete, Opcode.DeleteQ]), key: binaryKey(random) }
}

function touch (random: Random): Frame {
  const opcode = random.pick([Opcode.Touch, ...GETS.slice(4)])
  return { opcode, key: binaryKey(random), extras: uint32s(expiry(random)) }
}

function flush (random: Random): Frame {
  const extras = random.pick([Buffer.alloc(0), uint32s(0)])
  return { opcode: random.pick([Opcode.Flush, Opcode.FlushQ]), extras }
}

function plain (random: Random): Frame {
  return random.pick<Frame>([
    { opcode: Opcode.NoOp }, { opcode: Opcode.Version }, { opcode: Opcode.Stat },
    { opcode: Opcode.Stat, key: random.pick(BINARY_GROUPS) }, { opcode: Opcode.Quit },
    { opcode: Opcode.Stat, key: random.pick(BINARY_GROUPS) }, { opcode: Opcode.QuitQ },
    { opcode: Opcode.Verbosity },
    { opcode: random.pick(SASL), key: 'PLAIN', value: '\0user\0secret' },
    { opcode: Opcode.SaslList }
  ])
}

const SASL = [Opcode.SaslAuth, Opcode.SaslStep]
const BINARY_GROUPS = [
  ...GROUPS.filter(group => group !== ''), 'detail', 'detail dump', 'detail off', 'detail x',
  'cachedump 1 0', 'items '
]

/** A random frame that has something wrong. As many bytes follow its header as it declares. */
export function brokenBinary (random: Random, opaque: number): Command {
  const good = validBinary(random, opaque)
  const header = Buffer.from(good.bytes.slice(0, HEADER), 'latin1')
  let body = Buffer.from(good.bytes.slice(HEADER), 'latin1')
  const change = random.weigh<() => void>([
    [1.5, () => { header[1] = random.integer(0x1f, 0xff) }],
    [3, () => { header[4] = random.pick([0, 1, 4, 8, 20, 21, 255]) }],
    [3, () => { header.writeUInt16BE(random.pick([0, 1, 250, 251, 300, 65535]), 2) }],
    [3, () => { header.writeUInt32BE(random.pick([0, 1, 8, 20, 24, 300, 5000]), 8) }],
    [1, () => { header[0] = random.pick([0, 0x81, 0x7f, 0xff, 103]) }],
    [1, () => { header[5] = random.integer(1, 255) }],
    [1, () => { header.writeUInt16BE(random.integer(1, 0xffff), 6) }],
    [2, () => { body = Buffer.concat([body, random.bytes(random.integer(1, 20))]) }],
    [2, () => { random.bytes(HEADER).copy(header, 1, 1, 6) }]
  ])
  change()
  if (body.length + HEADER > good.bytes.length) header.writeUInt32BE(body.length, 8)
  const declared = header.readUInt16BE(2) + header[4]
  const size = Math.max(header.readUInt32BE(8), declared)
  const filler = Buffer.alloc(Math.max(0, size - body.length), 'f')
  const isLast = header[0] === 0x80 && size > 0 && isUnknown(header[1])
  // memcached forgets that it has the key and the extras of these already, and waits for more.
  const more = Buffer.alloc(isLast ? declared : 0)
  const frameBytes = [header, body.subarray(0, size), filler, more]
  const bytes = Buffer.concat(frameBytes).toString('latin1')
  return { ...good, bytes, isAlone: true, isLast }
}

/** Whether memcached 1.6.18 knows no such command. */
function isUnknown (opcode: number): boolean {
  return opcode === Opcode.Verbosity || opcode === 0x1f || opcode > Opcode.GatKQ
}
