import { Opcode as O } from '@memplug/protocol'
import { exchange as ask, reply, request, u32, u64 } from './frames.js'
import type { Exchange } from './transcript.js'

/** Beside the defaults: so that a value that is too large is small. */
export const options = { maxItemSize: 300 }

const NOT_FOUND = { status: 0x01, value: 'Not found' }
const EXISTS = { status: 0x02, value: 'Data exists for key.' }
const TOO_LARGE = { status: 0x03, value: 'Too large.' }
const NOT_STORED = { status: 0x05, value: 'Not stored.' }
const NOT_NUMERIC = { status: 0x06, value: 'Non-numeric server-side value for incr or decr' }
const UNKNOWN = { status: 0x81, value: 'Unknown command' }

/** Extras of the storage commands. */
const storing = (flags = 0, exptime = 0) => u32(flags, exptime)
/** Extras of Increment and Decrement. */
const counting = (delta: number | bigint, initial = 0, exptime = 0) =>
  u64(delta) + u64(initial) + u32(exptime)
const NO_CREATE = 0xffffffff

const noop = ask(request(O.NOOP), reply(O.NOOP))
const set = (key: string, value: string, cas: number, flags = 0) =>
  ask(request(O.SET, { key, value, extras: storing(flags) }), reply(O.SET, { cas }))
const get = (key: string, value: string, cas: number, flags = 0) =>
  ask(request(O.GET, { key }), reply(O.GET, { extras: u32(flags), value, cas }))
const miss = (key: string) => ask(request(O.GET, { key }), reply(O.GET, NOT_FOUND))

/** What clients say and memcached replies: doc/protocol-binary.txt, and how it is in truth. */
export const transcripts: Readonly<Record<string, Exchange[]>> = {
  'Get, GetK, GetQ, GetKQ': [
    miss('a'),
    ask(request(O.GETK, { key: 'a' }), reply(O.GETK, { status: 1, key: 'a' })),
    ask(request(O.GETQ, { key: 'a' })),
    ask(request(O.GETKQ, { key: 'a' })),
    set('a', 'abc', 1, 0xffffffff),
    get('a', 'abc', 1, 0xffffffff),
    ask(request(O.GETK, { key: 'a' }),
      reply(O.GETK, { key: 'a', extras: u32(0xffffffff), value: 'abc', cas: 1 })),
    ask(request(O.GETQ, { key: 'a', opaque: 7 }),
      reply(O.GETQ, { extras: u32(0xffffffff), value: 'abc', cas: 1, opaque: 7 })),
    ask(request(O.GETKQ, { key: 'a', opaque: 0 }),
      reply(O.GETKQ, { key: 'a', extras: u32(0xffffffff), value: 'abc', cas: 1, opaque: 0 })),
    set('empty', '', 2),
    get('empty', '', 2),
    set('\0 \r\n\xff', '\r\n\0', 3),
    get('\0 \r\n\xff', '\r\n\0', 3),
    set('k'.repeat(250), 'x', 4),
    get('k'.repeat(250), 'x', 4),
    ask(request(O.GET, { key: 'a', cas: 99 }),
      reply(O.GET, { extras: u32(0xffffffff), value: 'abc', cas: 1 }))
  ],

  'a multiget ended by a Noop': [
    set('a', '1', 1),
    set('b', '2', 2),
    ask(Buffer.concat([
      ...['x', 'a', 'y', 'b'].map((key, opaque) => request(O.GETKQ, { key, opaque })),
      request(O.NOOP, { opaque: 9 })
    ]),
    reply(O.GETKQ, { key: 'a', extras: u32(0), value: '1', cas: 1, opaque: 1 }),
    reply(O.GETKQ, { key: 'b', extras: u32(0), value: '2', cas: 2, opaque: 3 }),
    reply(O.NOOP, { opaque: 9 }))
  ],

  'a multiget, and requests of every other kind right behind it': [
    set('a', '1', 1),
    ask(Buffer.concat([
      request(O.GETQ, { key: 'a' }), request(O.SET, { key: 'a', value: '2', extras: storing() }),
      request(O.GETQ, { key: 'a' }), request(O.DELETE, { key: 'a' }),
      request(O.GETQ, { key: 'a' }), request(O.GETK, { key: 'a' }),
      request(O.GETQ, { key: 'a' }), request(0x7f, { key: 'a' }),
      request(O.GETQ, { key: 'a' }), request(O.VERSION)
    ]),
    reply(O.GETQ, { extras: u32(0), value: '1', cas: 1 }), reply(O.SET, { cas: 2 }),
    reply(O.GETQ, { extras: u32(0), value: '2', cas: 2 }), reply(O.DELETE),
    reply(O.GETK, { status: 1, key: 'a' }), reply(0x7f, UNKNOWN),
    reply(O.VERSION, { value: '1.6.45' }))
  ],

  'Set, Add, Replace': [
    ask(request(O.REPLACE, { key: 'a', extras: storing() }), reply(O.REPLACE, NOT_FOUND)),
    ask(request(O.ADD, { key: 'a', value: 'x', extras: storing(1) }), reply(O.ADD, { cas: 1 })),
    ask(request(O.ADD, { key: 'a', value: 'y', extras: storing(2) }), reply(O.ADD, EXISTS)),
    ask(request(O.REPLACE, { key: 'a', value: 'z', extras: storing(3) }),
      reply(O.REPLACE, { cas: 2 })),
    get('a', 'z', 2, 3),
    set('a', 'w', 3, 4),
    get('a', 'w', 3, 4)
  ],

  'a cas in the header': [
    ask(request(O.SET, { key: 'a', extras: storing(), cas: 1 }), reply(O.SET, NOT_FOUND)),
    ask(request(O.ADD, { key: 'a', extras: storing(), cas: 1 }), reply(O.ADD, NOT_FOUND)),
    ask(request(O.REPLACE, { key: 'a', extras: storing(), cas: 1 }), reply(O.REPLACE, NOT_FOUND)),
    ask(request(O.DELETE, { key: 'a', cas: 1 }), reply(O.DELETE, NOT_FOUND)),
    set('a', 'x', 1),
    ask(request(O.SET, { key: 'a', extras: storing(), cas: 2 }), reply(O.SET, EXISTS)),
    ask(request(O.SET, { key: 'a', extras: storing(), cas: 2n ** 32n + 1n }),
      reply(O.SET, EXISTS)),
    ask(request(O.SET, { key: 'a', value: 'y', extras: storing(), cas: 1 }),
      reply(O.SET, { cas: 2 })),
    ask(request(O.ADD, { key: 'a', extras: storing(), cas: 1 }), reply(O.ADD, EXISTS)),
    ask(request(O.ADD, { key: 'a', value: 'z', extras: storing(), cas: 2 }),
      reply(O.ADD, { cas: 3 })),
    ask(request(O.REPLACE, { key: 'a', extras: storing(), cas: 2 }), reply(O.REPLACE, EXISTS)),
    ask(request(O.REPLACE, { key: 'a', value: '7', extras: storing(), cas: 3 }),
      reply(O.REPLACE, { cas: 4 })),
    ask(request(O.APPEND, { key: 'a', value: '0', cas: 3 }), reply(O.APPEND, EXISTS)),
    ask(request(O.APPEND, { key: 'a', value: '0', cas: 4 }), reply(O.APPEND, { cas: 5 })),
    ask(request(O.INCREMENT, { key: 'a', extras: counting(1), cas: 4 }),
      reply(O.INCREMENT, EXISTS)),
    ask(request(O.INCREMENT, { key: 'a', extras: counting(1), cas: 5 }),
      reply(O.INCREMENT, { value: u64(71), cas: 6 })),
    ask(request(O.DELETE, { key: 'a', cas: 5 }), reply(O.DELETE, EXISTS)),
    ask(request(O.DELETE, { key: 'a', cas: 6 }), reply(O.DELETE)),
    miss('a')
  ],

  'Append and Prepend': [
    ask(request(O.APPEND, { key: 'a', value: 'x' }), reply(O.APPEND, NOT_STORED)),
    ask(request(O.PREPEND, { key: 'a', value: 'x' }), reply(O.PREPEND, NOT_STORED)),
    set('a', 'b', 1, 7),
    ask(request(O.APPEND, { key: 'a', value: 'cd' }), reply(O.APPEND, { cas: 2 })),
    ask(request(O.PREPEND, { key: 'a', value: 'a' }), reply(O.PREPEND, { cas: 3 })),
    ask(request(O.APPEND, { key: 'a' }), reply(O.APPEND, { cas: 4 })),
    get('a', 'abcd', 4, 7)
  ],

  'Delete': [
    ask(request(O.DELETE, { key: 'a' }), reply(O.DELETE, NOT_FOUND)),
    set('a', 'x', 1),
    ask(request(O.DELETE, { key: 'a' }), reply(O.DELETE)),
    miss('a')
  ],

  'Increment and Decrement': [
    ask(request(O.INCREMENT, { key: 'a', extras: counting(1, 5, NO_CREATE) }),
      reply(O.INCREMENT, NOT_FOUND)),
    ask(request(O.INCREMENT, { key: 'a', extras: counting(1, 5) }),
      reply(O.INCREMENT, { value: u64(5), cas: 1 })),
    ask(request(O.INCREMENT, { key: 'a', extras: counting(3, 5) }),
      reply(O.INCREMENT, { value: u64(8), cas: 2 })),
    get('a', '8', 2),
    ask(request(O.DECREMENT, { key: 'a', extras: counting(9, 5, NO_CREATE) }),
      reply(O.DECREMENT, { value: u64(0), cas: 3 })),
    ask(request(O.INCREMENT, { key: 'a', extras: counting(2n ** 64n - 1n) }),
      reply(O.INCREMENT, { value: u64(2n ** 64n - 1n), cas: 4 })),
    ask(request(O.INCREMENT, { key: 'a', extras: counting(2) }),
      reply(O.INCREMENT, { value: u64(1), cas: 5 })),
    ask(request(O.DECREMENT, { key: 'b', extras: counting(1, 7) }),
      reply(O.DECREMENT, { value: u64(7), cas: 6 })),
    set('a', 'x', 7, 3),
    ask(request(O.INCREMENT, { key: 'a', extras: counting(1) }), reply(O.INCREMENT, NOT_NUMERIC)),
    ask(request(O.DECREMENT, { key: 'a', extras: counting(1) }), reply(O.DECREMENT, NOT_NUMERIC))
  ],

  'Touch, GAT, GATK and their quiet forms': [
    ask(request(O.TOUCH, { key: 'a', extras: u32(9) }), reply(O.TOUCH, NOT_FOUND)),
    ask(request(O.GAT, { key: 'a', extras: u32(9) }), reply(O.GAT, NOT_FOUND)),
    ask(request(O.GATK, { key: 'a', extras: u32(9) }), reply(O.GATK, { status: 1, key: 'a' })),
    ask(request(O.GATQ, { key: 'a', extras: u32(9) })),
    ask(request(O.GATKQ, { key: 'a', extras: u32(9) })),
    set('a', 'x', 1, 5),
    ask(request(O.TOUCH, { key: 'a', extras: u32(9) }),
      reply(O.TOUCH, { extras: u32(5), cas: 1 })),
    ask(request(O.GAT, { key: 'a', extras: u32(0xffffffff) }),
      reply(O.GAT, { extras: u32(5), value: 'x', cas: 1 })),
    ask(request(O.GATK, { key: 'a', extras: u32(9) }),
      reply(O.GATK, { key: 'a', extras: u32(5), value: 'x', cas: 1 })),
    ask(request(O.GATQ, { key: 'a', extras: u32(9) }),
      reply(O.GATQ, { extras: u32(5), value: 'x', cas: 1 })),
    ask(request(O.GATKQ, { key: 'a', extras: u32(9) }),
      reply(O.GATKQ, { key: 'a', extras: u32(5), value: 'x', cas: 1 })),
    ask(request(O.TOUCH, { key: 'a', extras: u32(2_678_400) }),
      reply(O.TOUCH, { extras: u32(5), cas: 1 })),
    miss('a')
  ],

  'quiet forms suppress success, and no error': [
    ask(request(O.SETQ, { key: 'a', value: '5', extras: storing() })),
    ask(request(O.ADDQ, { key: 'b', extras: storing() })),
    ask(request(O.REPLACEQ, { key: 'b', value: 'b', extras: storing() })),
    ask(request(O.APPENDQ, { key: 'b', value: 'c' })),
    ask(request(O.PREPENDQ, { key: 'b', value: 'a' })),
    ask(request(O.INCREMENTQ, { key: 'a', extras: counting(3) })),
    ask(request(O.DECREMENTQ, { key: 'a', extras: counting(1) })),
    get('a', '7', 7),
    get('b', 'abc', 5),
    ask(request(O.SETQ, { key: 'a', extras: storing(), cas: 99 }), reply(O.SETQ, EXISTS)),
    ask(request(O.ADDQ, { key: 'a', extras: storing() }), reply(O.ADDQ, EXISTS)),
    ask(request(O.REPLACEQ, { key: 'x', extras: storing() }), reply(O.REPLACEQ, NOT_FOUND)),
    ask(request(O.APPENDQ, { key: 'x' }), reply(O.APPENDQ, NOT_STORED)),
    ask(request(O.PREPENDQ, { key: 'x' }), reply(O.PREPENDQ, NOT_STORED)),
    ask(request(O.INCREMENTQ, { key: 'b', extras: counting(1) }), reply(O.INCREMENTQ, NOT_NUMERIC)),
    ask(request(O.DECREMENTQ, { key: 'x', extras: counting(1, 0, NO_CREATE) }),
      reply(O.DECREMENTQ, NOT_FOUND)),
    ask(request(O.DELETEQ, { key: 'x' }), reply(O.DELETEQ, NOT_FOUND)),
    ask(request(O.DELETEQ, { key: 'a' })),
    miss('a'),
    ask(request(O.FLUSHQ)),
    ask(request(O.FLUSHQ, { extras: u32(0) })),
    miss('b'),
    noop
  ],

  'Flush, Version, Noop, and what there is not': [
    set('a', 'x', 1),
    ask(request(O.FLUSH), reply(O.FLUSH)),
    miss('a'),
    set('a', 'x', 2),
    ask(request(O.FLUSH, { extras: u32(0) }), reply(O.FLUSH)),
    miss('a'),
    ask(request(O.VERSION), reply(O.VERSION, { value: '1.6.45' })),
    noop,
    ask(request(0x1b, { extras: u32(2) }), reply(0x1b, UNKNOWN)),
    ask(request(0x20), reply(0x20, UNKNOWN)),
    ask(request(0xff, { key: 'key', value: 'value', extras: 'extras' }), reply(0xff, UNKNOWN)),
    noop,
    ask(request(O.STAT, { key: 'bogus' }), reply(O.STAT, NOT_FOUND)),
    ask(request(O.STAT, { key: 'slabs' }), reply(O.STAT)),
    ask(request(O.STAT, { key: 'reset' }), reply(O.STAT))
  ],

  'a value that is too large': [
    set('a', 'x', 1),
    ask(request(O.ADD, { key: 'a', value: 'x'.repeat(300), extras: storing() }),
      reply(O.ADD, TOO_LARGE)),
    ask(request(O.REPLACEQ, { key: 'a', value: 'x'.repeat(300), extras: storing() }),
      reply(O.REPLACEQ, TOO_LARGE)),
    ask(request(O.APPEND, { key: 'a', value: 'x'.repeat(299) }), reply(O.APPEND, NOT_STORED)),
    get('a', 'x', 1),
    ask(request(O.SETQ, { key: 'a', value: 'x'.repeat(300), extras: storing() }),
      reply(O.SETQ, TOO_LARGE)),
    miss('a'),
    set('a', 'x', 2),
    ask(request(O.SET, { key: 'a', value: 'x'.repeat(300), extras: storing(), cas: 77 }),
      reply(O.SET, TOO_LARGE)),
    miss('a')
  ]
}
