import { HEADER, Opcode, counterExtras, frame, uint32s, uint64, type Frame }
  from '../support/frames.js'

/** A request and the frames that answer it. */
export interface Exchange {
  request: Buffer
  reply: Buffer
}

export interface BinarySession {
  title: string
  /** No other session may run meanwhile. */
  isAlone?: boolean
  /** The server closes the connection at the end. */
  closes?: boolean
  /** memcached 1.6.18 answers otherwise, for this reason. */
  unlikeMemcached?: string
  /** Goes first, so that the cas ids of its replies are known. */
  preparation?: (key: MakeKey) => Exchange[]
  exchanges: (key: MakeKey, cas: bigint[]) => Exchange[]
}

/** A key that no other run uses. */
export type MakeKey = (name: string) => string

/** In an expected reply: any cas but 0. */
const SOME = 1n

const Status = {
  NOT_FOUND: 0x01, EXISTS: 0x02, TOO_LARGE: 0x03, INVALID: 0x04, NOT_STORED: 0x05,
  NOT_NUMERIC: 0x06, UNKNOWN: 0x81
}

const bodies: Record<number, string> = {
  [Status.NOT_FOUND]: 'Not found',
  [Status.EXISTS]: 'Data exists for key.',
  [Status.TOO_LARGE]: 'Too large.',
  [Status.INVALID]: 'Invalid arguments',
  [Status.NOT_STORED]: 'Not stored.',
  [Status.NOT_NUMERIC]: 'Non-numeric server-side value for incr or decr',
  [Status.UNKNOWN]: 'Unknown command'
}

/** Opaques of requests: each its own, and every bit used. */
let opaque = 0xfedc0000

/** A request answered by replies, which take its opcode and opaque. */
function ask (request: Frame, ...replies: Partial<Frame>[]): Exchange {
  opaque++
  const all = replies.map(reply => frame({ magic: 0x81, opcode: request.opcode, opaque, ...reply }))
  return { request: frame({ opaque, ...request }), reply: Buffer.concat(all) }
}

function fails (status: number): Partial<Frame> {
  return { status, value: bodies[status] }
}

const stored = { cas: SOME }

function store (
  opcode: number, key: string, value: string, flags = 0, expires = 0, cas = 0n
): Frame {
  return { opcode, key, value, extras: uint32s(flags, expires), cas }
}

function join (opcode: number, key: string, value: string, cas = 0n): Frame {
  return { opcode, key, value, cas }
}

function get (opcode: number, key: string): Frame {
  return { opcode, key }
}

function found (value: string, flags = 0, key = ''): Partial<Frame> {
  return { value, key, extras: uint32s(flags), cas: SOME }
}

function count (
  opcode: number, key: string, delta: bigint, initial = 0n, expires = 0xffffffff, cas = 0n
): Frame {
  return { opcode, key, extras: counterExtras(delta, initial, expires), cas }
}

function counted (number: bigint): Partial<Frame> {
  return { value: uint64(number), cas: SOME }
}

const noop = (): Exchange => ask({ opcode: Opcode.NoOp }, {})

const commands: BinarySession[] = [
  {
    title: 'set and get',
    exchanges: k => [
      ask(get(Opcode.Get, k('a')), fails(Status.NOT_FOUND)),
      ask(store(Opcode.Set, k('a'), 'one', 0xdeadbeef), stored),
      ask(get(Opcode.Get, k('a')), found('one', 0xdeadbeef)),
      ask(store(Opcode.Set, k('a'), ''), stored),
      ask(get(Opcode.Get, k('a')), found('')),
      ask(store(Opcode.Set, k('a'), '\r\n\x80\x81\0'), stored),
      ask(get(Opcode.Get, k('a')), found('\r\n\x80\x81\0'))
    ]
  },
  {
    title: 'the K forms tell the key, in a miss too',
    exchanges: k => [
      ask(get(Opcode.GetK, k('a')), { status: Status.NOT_FOUND, key: k('a') }),
      ask(store(Opcode.Set, k('a'), 'x', 3), stored),
      ask(get(Opcode.GetK, k('a')), found('x', 3, k('a'))),
      ask(get(Opcode.GetKQ, k('a')), found('x', 3, k('a'))),
      ask(get(Opcode.GetKQ, k('none')))
    ]
  },
  {
    title: 'quiet gets hide the miss alone',
    exchanges: k => [
      ask(get(Opcode.GetQ, k('a'))),
      ask(store(Opcode.SetQ, k('a'), 'x', 1)),
      ask(get(Opcode.GetQ, k('a')), found('x', 1)),
      ask(get(Opcode.GetQ, k('b'))),
      ask(get(Opcode.GetKQ, k('b'))),
      noop()
    ]
  },
  {
    title: 'add and replace',
    exchanges: k => [
      ask(store(Opcode.Replace, k('a'), 'x'), fails(Status.NOT_FOUND)),
      ask(store(Opcode.Add, k('a'), 'x', 1), stored),
      ask(store(Opcode.Add, k('a'), 'y', 2), fails(Status.EXISTS)),
      ask(store(Opcode.Replace, k('a'), 'zz', 3), stored),
      ask(get(Opcode.Get, k('a')), found('zz', 3))
    ]
  },
  {
    title: 'quiet stores hide success alone',
    exchanges: k => [
      ask(store(Opcode.ReplaceQ, k('a'), 'x'), fails(Status.NOT_FOUND)),
      ask(store(Opcode.AddQ, k('a'), 'x')),
      ask(store(Opcode.AddQ, k('a'), 'y'), fails(Status.EXISTS)),
      ask(store(Opcode.ReplaceQ, k('a'), 'z')),
      ask(store(Opcode.SetQ, k('a'), 'z', 0, 0, 1n), fails(Status.EXISTS)),
      ask(join(Opcode.AppendQ, k('a'), '>')),
      ask(join(Opcode.PrependQ, k('a'), '<')),
      ask(join(Opcode.AppendQ, k('none'), '>'), fails(Status.NOT_STORED)),
      ask(join(Opcode.PrependQ, k('none'), '<'), fails(Status.NOT_STORED)),
      ask(get(Opcode.Get, k('a')), found('<z>'))
    ]
  },
  {
    title: 'append and prepend',
    exchanges: k => [
      ask(join(Opcode.Append, k('a'), 'x'), fails(Status.NOT_STORED)),
      ask(join(Opcode.Prepend, k('a'), 'x'), fails(Status.NOT_STORED)),
      ask(store(Opcode.Set, k('a'), '-', 5), stored),
      ask(join(Opcode.Append, k('a'), 'end'), stored),
      ask(join(Opcode.Prepend, k('a'), 'begin'), stored),
      ask(join(Opcode.Append, k('a'), ''), stored),
      ask(join(Opcode.Append, k('a'), 'x', 1n), fails(Status.EXISTS)),
      ask(get(Opcode.Get, k('a')), found('begin-end', 5))
    ]
  },
  {
    title: 'delete',
    exchanges: k => [
      ask(get(Opcode.Delete, k('a')), fails(Status.NOT_FOUND)),
      ask(get(Opcode.DeleteQ, k('a')), fails(Status.NOT_FOUND)),
      ask(store(Opcode.Set, k('a'), 'x'), stored),
      ask({ opcode: Opcode.Delete, key: k('a'), cas: 1n }, fails(Status.EXISTS)),
      ask(get(Opcode.Delete, k('a')), {}),
      ask(store(Opcode.Set, k('a'), 'x'), stored),
      ask(get(Opcode.DeleteQ, k('a'))),
      ask(get(Opcode.Get, k('a')), fails(Status.NOT_FOUND))
    ]
  },
  {
    title: 'increment and decrement',
    exchanges: k => [
      ask(count(Opcode.Increment, k('n'), 1n), fails(Status.NOT_FOUND)),
      ask(count(Opcode.Decrement, k('n'), 1n), fails(Status.NOT_FOUND)),
      ask(count(Opcode.Increment, k('n'), 5n, 10n, 0), counted(10n)),
      ask(count(Opcode.Increment, k('n'), 5n, 10n, 0), counted(15n)),
      ask(count(Opcode.Decrement, k('n'), 6n), counted(9n)),
      ask(count(Opcode.Decrement, k('n'), 10n), counted(0n)),
      ask(count(Opcode.Increment, k('n'), 2n ** 64n - 1n), counted(2n ** 64n - 1n)),
      ask(count(Opcode.Increment, k('n'), 2n), counted(1n)),
      ask(count(Opcode.Increment, k('n'), 2n ** 53n), counted(2n ** 53n + 1n)),
      ask(count(Opcode.Decrement, k('m'), 1n, 2n ** 64n - 1n, 100), counted(2n ** 64n - 1n)),
      ask(get(Opcode.Get, k('m')), found('18446744073709551615'))
    ]
  },
  {
    title: 'counters that are none, and quiet ones',
    exchanges: k => [
      ask(store(Opcode.Set, k('a'), 'abc'), stored),
      ask(count(Opcode.Increment, k('a'), 1n), fails(Status.NOT_NUMERIC)),
      ask(count(Opcode.DecrementQ, k('a'), 1n), fails(Status.NOT_NUMERIC)),
      ask(count(Opcode.IncrementQ, k('n'), 1n), fails(Status.NOT_FOUND)),
      ask(count(Opcode.DecrementQ, k('n'), 1n), fails(Status.NOT_FOUND)),
      ask(count(Opcode.IncrementQ, k('n'), 1n, 7n, 0)),
      ask(count(Opcode.IncrementQ, k('n'), 1n)),
      ask(count(Opcode.DecrementQ, k('n'), 2n)),
      ask(count(Opcode.Increment, k('n'), 1n, 0n, 0xffffffff, 1n), fails(Status.EXISTS)),
      ask(get(Opcode.Get, k('n')), found('6'))
    ]
  },
  {
    title: 'touch, get and touch',
    exchanges: k => [
      ask({ opcode: Opcode.Touch, key: k('a'), extras: uint32s(10) }, fails(Status.NOT_FOUND)),
      ask({ opcode: Opcode.Gat, key: k('a'), extras: uint32s(10) }, fails(Status.NOT_FOUND)),
      ask({ opcode: Opcode.GatQ, key: k('a'), extras: uint32s(10) }),
      ask({ opcode: Opcode.GatK, key: k('a'), extras: uint32s(10) },
        { status: Status.NOT_FOUND, key: k('a') }),
      ask({ opcode: Opcode.GatKQ, key: k('a'), extras: uint32s(10) }),
      ask(store(Opcode.Set, k('a'), 'x', 77), stored),
      ask({ opcode: Opcode.Touch, key: k('a'), extras: uint32s(1000) },
        { extras: uint32s(77), cas: SOME }),
      ask({ opcode: Opcode.Gat, key: k('a'), extras: uint32s(1000) }, found('x', 77)),
      ask({ opcode: Opcode.GatQ, key: k('a'), extras: uint32s(1000) }, found('x', 77)),
      ask({ opcode: Opcode.GatK, key: k('a'), extras: uint32s(0) }, found('x', 77, k('a'))),
      ask({ opcode: Opcode.GatKQ, key: k('a'), extras: uint32s(0) }, found('x', 77, k('a'))),
      ask({ opcode: Opcode.Touch, key: k('a'), extras: uint32s(2592001) },
        { extras: uint32s(77), cas: SOME }),
      ask(get(Opcode.Get, k('a')), fails(Status.NOT_FOUND))
    ]
  },
  {
    title: 'expiries: never, later, gone, after 2038',
    exchanges: k => [
      ask(store(Opcode.Set, k('a'), 'x', 0, 1000), stored),
      ask(store(Opcode.Set, k('b'), 'x', 0, 2592001), stored),
      ask(store(Opcode.Set, k('c'), 'x', 0, 0xffffffff), stored),
      ask(get(Opcode.Get, k('a')), found('x')),
      ask(get(Opcode.Get, k('b')), fails(Status.NOT_FOUND)),
      ask(get(Opcode.Get, k('c')), found('x'))
    ]
  },
  {
    title: 'a wrong cas, and one for a missing item',
    exchanges: k => [
      ask(store(Opcode.Set, k('a'), 'x', 0, 0, 1n), fails(Status.NOT_FOUND)),
      ask(store(Opcode.Replace, k('a'), 'x', 0, 0, 1n), fails(Status.NOT_FOUND)),
      ask(store(Opcode.Set, k('a'), 'x'), stored),
      ask(store(Opcode.Set, k('a'), 'y', 0, 0, 1n), fails(Status.EXISTS)),
      ask(store(Opcode.Replace, k('a'), 'y', 0, 0, 2n ** 64n - 1n), fails(Status.EXISTS)),
      ask(store(Opcode.Add, k('a'), 'y', 0, 0, 1n), fails(Status.EXISTS)),
      ask(get(Opcode.Get, k('a')), found('x'))
    ]
  },
  {
    title: 'the right cas stores once',
    preparation: k => [
      ask(store(Opcode.Set, k('a'), 'x'), stored),
      ask(store(Opcode.Set, k('n'), '5'), stored)
    ],
    exchanges: (k, cas) => [
      ask(store(Opcode.Set, k('a'), 'y', 0, 0, cas[0]), stored),
      ask(store(Opcode.Set, k('a'), 'z', 0, 0, cas[0]), fails(Status.EXISTS)),
      ask({ opcode: Opcode.Delete, key: k('a'), cas: cas[0] }, fails(Status.EXISTS)),
      ask(count(Opcode.Increment, k('n'), 1n, 0n, 0xffffffff, cas[1]), counted(6n)),
      ask(count(Opcode.Increment, k('n'), 1n, 0n, 0xffffffff, cas[1]), fails(Status.EXISTS)),
      ask(get(Opcode.Get, k('a')), found('y'))
    ]
  },
  {
    title: 'flush',
    isAlone: true,
    exchanges: k => [
      ask(store(Opcode.Set, k('a'), 'x'), stored),
      ask({ opcode: Opcode.Flush }, {}),
      ask(get(Opcode.Get, k('a')), fails(Status.NOT_FOUND)),
      ask(store(Opcode.Set, k('a'), 'x'), stored),
      ask({ opcode: Opcode.FlushQ }),
      ask(get(Opcode.Get, k('a')), fails(Status.NOT_FOUND)),
      ask(store(Opcode.Set, k('a'), 'x'), stored),
      ask({ opcode: Opcode.Flush, extras: uint32s(0) }, {}),
      ask(get(Opcode.Get, k('a')), fails(Status.NOT_FOUND)),
      ask(store(Opcode.Set, k('a'), 'x'), stored),
      ask({ opcode: Opcode.Flush, extras: uint32s(1000) }, {}),
      ask(get(Opcode.Get, k('a')), found('x')),
      ask({ opcode: Opcode.FlushQ, extras: uint32s(0) }),
      ask(get(Opcode.Get, k('a')), fails(Status.NOT_FOUND))
    ]
  },
  {
    title: 'no-op and version',
    exchanges: () => [
      noop(),
      ask({ opcode: Opcode.Version }, { value: '{version}' }),
      ask({ opcode: Opcode.NoOp, dataType: 7, status: 0xabcd }, {})
    ]
  },
  {
    title: 'statistics of a group that is none',
    exchanges: () => [
      ask({ opcode: Opcode.Stat, key: 'bogus' }, fails(Status.NOT_FOUND)),
      noop()
    ]
  },
  {
    title: 'quit',
    closes: true,
    exchanges: k => [
      ask(store(Opcode.SetQ, k('a'), 'x')),
      ask({ opcode: Opcode.Quit }, {})
    ]
  },
  {
    title: 'a quiet quit',
    closes: true,
    exchanges: k => [ask(get(Opcode.GetQ, k('a'))), ask({ opcode: Opcode.QuitQ })]
  }
]

const errors: BinarySession[] = [
  {
    title: 'an opcode that is none swallows its body',
    unlikeMemcached: 'it swallows too much when there is a key',
    exchanges: k => [
      ask({ opcode: 0x80 }, fails(Status.UNKNOWN)),
      ask({ opcode: 0xff, key: k('a'), value: 'v'.repeat(50) }, fails(Status.UNKNOWN)),
      ask({ opcode: 0x30, extras: uint32s(1, 2), key: k('a'), value: 'v' }, fails(Status.UNKNOWN)),
      ask({ opcode: Opcode.SaslList }, fails(Status.UNKNOWN)),
      ask(get(Opcode.Get, k('a')), fails(Status.NOT_FOUND))
    ]
  },
  {
    title: 'opcodes that are none, without a body',
    exchanges: () => [
      ...[0x1f, 0x30, 0x3d, 0x40, 0x47, 0x83, 0x95, 0xfe].map(
        opcode => ask({ opcode }, fails(Status.UNKNOWN))),
      noop()
    ]
  },
  ...[
    { title: 'a get without a key', request: { opcode: Opcode.Get } },
    { title: 'a get with extras', request: { opcode: Opcode.Get, key: 'k', extras: uint32s(0) } },
    { title: 'a get with a value', request: { opcode: Opcode.Get, key: 'k', value: 'v' } },
    { title: 'a quiet get with a value', request: { opcode: Opcode.GetKQ, key: 'k', value: 'v' } },
    { title: 'a set without extras', request: { opcode: Opcode.Set, key: 'k', value: 'v' } },
    { title: 'a set with half its extras',
      request: { opcode: Opcode.Set, key: 'k', value: 'v', extras: uint32s(0) } },
    { title: 'a set without a key', request: { opcode: Opcode.Set, extras: uint32s(0, 0) } },
    { title: 'an append with extras',
      request: { opcode: Opcode.Append, key: 'k', value: 'v', extras: uint32s(0, 0) } },
    { title: 'an increment without extras', request: { opcode: Opcode.Increment, key: 'k' } },
    { title: 'an increment with a value',
      request: { opcode: Opcode.Increment, key: 'k', value: 'v', extras: counterExtras(1n) } },
    { title: 'a delete with extras',
      request: { opcode: Opcode.Delete, key: 'k', extras: uint32s(0) } },
    { title: 'a touch without extras', request: { opcode: Opcode.Touch, key: 'k' } },
    { title: 'a get and touch without extras', request: { opcode: Opcode.Gat, key: 'k' } },
    { title: 'a no-op with a key', request: { opcode: Opcode.NoOp, key: 'k' } },
    { title: 'a version with a value', request: { opcode: Opcode.Version, value: 'v' } },
    { title: 'a flush with a key', request: { opcode: Opcode.Flush, key: 'k' } },
    { title: 'a flush with 3 bytes of extras',
      request: { opcode: Opcode.Flush, extras: Buffer.alloc(3) } },
    { title: 'a quit with a key', request: { opcode: Opcode.Quit, key: 'k' } },
    { title: 'a stat with extras', request: { opcode: Opcode.Stat, extras: uint32s(1) } }
  ].map(({ title, request }) => ({
    title: `${title} ends the connection`,
    closes: true,
    exchanges: (k: MakeKey) => [
      ask(store(Opcode.SetQ, k('a'), 'x')),
      ask(request, fails(Status.INVALID))
    ]
  })),
  ...[
    { title: 'a key longer than its body',
      unlikeMemcached: 'it waits for the key',
      request: { opcode: Opcode.Get, key: 'k', keyLength: 5 } },
    { title: 'extras longer than their body',
      unlikeMemcached: 'it waits for the extras',
      request: { opcode: Opcode.Set, key: 'kkkk', extrasLength: 8, bodyLength: 4, keyLength: 0 } },
    { title: 'key and extras that together are longer than the body',
      request: { opcode: Opcode.Set, key: 'key', extras: uint32s(0, 0), bodyLength: 10 } }
  ].map(({ title, request, unlikeMemcached = '' }) => ({
    title: `${title} end the connection`,
    unlikeMemcached,
    closes: true,
    exchanges: () => [noop(), ask(request, fails(Status.UNKNOWN))]
  })),
  {
    title: 'a key of 251 bytes ends the connection',
    closes: true,
    exchanges: () => [ask(get(Opcode.Get, 'k'.repeat(251)), fails(Status.INVALID))]
  },
  {
    title: 'a later byte that starts no request ends the connection',
    closes: true,
    exchanges: () => [noop(), { request: Buffer.alloc(HEADER), reply: Buffer.alloc(0) }]
  }
]

export const sessions: BinarySession[] = [...commands, ...errors]
