import { setTimeout as sleep } from 'node:timers/promises'
import { Status, type Engine, type Op } from '@memplug/engine'
import { Opcode as O } from '@memplug/protocol'
import { FeaturedMap, late, withFunction } from './support/engines.js'
import type { FakeLink } from './support/fake-link.js'
import { parseReplies, request, u32, u64 } from './support/frames.js'
import { TestServer } from './support/test-server.js'

/**
 * An engine may do whatever it likes: it costs the request at hand an error, and nothing else.
 * The two functions that only a whole server calls are in create-server.test.ts.
 */

const unhandled: unknown[] = []
const keep = (reason: unknown) => { unhandled.push(reason) }
beforeAll(() => { process.on('unhandledRejection', keep) })
afterAll(() => { process.off('unhandledRejection', keep) })
afterEach(async () => {
  await sleep(0)
  expect(unhandled.splice(0)).toEqual([])
})

const VERSION = 'VERSION 1.6.45\r\n'
const INTERNAL = 'SERVER_ERROR internal error of the engine\r\n'
const TIMEOUT = 'SERVER_ERROR engine timeout\r\n'
/** Of the binary protocol. */
const INTERNAL_STATUS = 0x84
const TEMPORARY_STATUS = 0x86

type Name = keyof Engine
type Call = [name: Name, text: string, binary: Buffer]

const set = 'set k 0 0 1\r\nx\r\n'
const key = 'k'
const storing = u32(0, 0)
const SET = request(O.SETQ, { key, value: 'x', extras: storing })

/** What makes the server call each function, in either protocol. */
const calls: Call[] = [
  ['testCapacity', set, SET],
  ['allocate', set, SET],
  ['store', set, SET],
  ['store', 'append k 0 0 1\r\nx\r\n', request(O.APPENDQ, { key, value: 'x' })],
  ['get', 'get k\r\n', request(O.GETQ, { key })],
  ['get', 'gets k k k\r\n', request(O.GETKQ, { key })],
  ['touch', 'touch k 9\r\n', request(O.TOUCH, { key, extras: u32(9) })],
  ['touch', 'gat 9 k k\r\n', request(O.GATKQ, { key, extras: u32(9) })],
  ['arithmetic', 'incr k 1\r\n',
    request(O.INCREMENTQ, { key, extras: u64(1) + u64(5) + u32(0) })],
  ['remove', 'delete k\r\n', request(O.DELETEQ, { key })],
  ['flush', 'flush_all\r\n', request(O.FLUSHQ)],
  ['getStats', 'stats\r\n', request(O.STAT)],
  ['getStats', 'stats slabs\r\n', request(O.STAT, { key: 'slabs' })],
  ['getStats', 'stats reset\r\n', request(O.STAT, { key: 'reset' })]
]
/** Those whose answer may be a promise. */
const mayBeLate = ({ 0: name }: Call) => name !== 'testCapacity' && name !== 'allocate'

const textless: unknown = Object.create(null)

const answers: [string, () => unknown][] = [
  ['undefined', () => undefined], ['null', () => null], ['a status there is not', () => 7],
  ['NaN', () => NaN], ['true', () => true], ['text', () => '0'], ['a bigint', () => 0n],
  ['a symbol', () => Symbol('0')], ['an object', () => ({})],
  ['an object without a text', () => textless],
  ['a function', () => () => 0],
  ['what has a then that is no function', () => ({ then: 0 })]
]

const exceptions: [string, unknown][] = [
  ['an Error', new Error('broken')], ['nothing', undefined], ['text', 'broken'],
  ['an object without a text', textless]
]
const raise = (what: unknown) => { throw what }

/** What goes wrong at once, and what goes wrong later. */
const atOnce: [string, () => unknown][] = [
  ...answers.map(([name, answer]) => [`answers ${name}`, answer] as [string, () => unknown]),
  ...exceptions.map(([name, what]) =>
    [`throws ${name}`, () => raise(what)] as [string, () => unknown])
]
const later: [string, () => unknown][] = [
  ...answers.map(([name, answer]) =>
    [`resolves to ${name}`, async () => Promise.resolve(answer())] as [string, () => unknown]),
  ...exceptions.map(([name, what]) =>
    [`rejects with ${name}`, async () => { await Promise.resolve(); raise(what) }] as
      [string, () => unknown])
]

const map = (isAsync: boolean) => new FeaturedMap(isAsync ? ['cas', 'async'] : ['cas'])

async function expectError (name: Name, text: string, binary: Buffer, fault: () => unknown) {
  for (const isAsync of [false, true]) {
    const server = new TestServer(withFunction(map(isAsync), name, fault))
    const link = server.connect()
    expect(await server.askText(link, `${text}version\r\n`)).toBe(INTERNAL + VERSION)
    expect(server.logged('error').length).toBeGreaterThan(0)
    expect(server.logged('error')[0]).toContain(name)
    const other = server.connect()
    const replies = parseReplies(await server.ask(other, Buffer.concat([
      binary, request(O.NOOP)])))
    expect(replies.map(({ opcode, status }) => [opcode, status]))
      .toEqual([[binary[1], INTERNAL_STATUS], [O.NOOP, 0]])
    expect([link.isClosed, other.isClosed]).toEqual([false, false])
  }
}

describe.each(atOnce)('an engine that %s', (_, fault) => {
  test.each(calls)('from %s, asked %j', async (name, text, binary) => {
    await expectError(name, text, binary, fault)
  })
})

describe.each(later)('an engine that %s', (_, fault) => {
  test.each(calls)('from %s, asked %j', async (name, text, binary) => {
    await expectError(name, text, binary, fault)
  })
})

describe('release', () => {
  test.each([...atOnce, ...later])('that %s is of no consequence', async (_, fault) => {
    const server = new TestServer(withFunction(map(false), 'release', fault))
    const link = server.connect()
    const value = 'x'.repeat(40_000)
    expect(await server.askText(link, `${set}get k\r\nset k 0 0 40000\r\n${value}\r\nget k\r\n`))
      .toBe('STORED\r\nVALUE k 0 1\r\nx\r\nEND\r\nSTORED\r\n' +
        `VALUE k 0 40000\r\n${value}\r\nEND\r\n`)
  })
})

describe('a range that is none, or no Buffer', () => {
  const lies: [string, (op: Op) => unknown][] = [
    ['before the start', op => { op.valueStart = -1 }],
    ['behind the end', op => { op.valueEnd = op.value.length + 1 }],
    ['backwards', op => { op.valueStart = 1; op.valueEnd = 0 }],
    ['NaN', op => { op.valueStart = NaN }],
    ['Infinity', op => { op.valueEnd = Infinity }],
    ['a fraction', op => { op.valueEnd -= 0.5 }],
    ['text', op => { op.valueStart = '0' as never }],
    ['no number', op => { op.valueEnd = undefined as never }],
    ['of text', op => { op.value = 'value' as never }],
    ['of an array', op => { op.value = [1, 2, 3] as never }],
    ['of nothing', op => { op.value = undefined as never }],
    ['of null', op => { op.value = null as never }]
  ]
  const holders: Name[] = ['allocate', 'get', 'touch', 'arithmetic']
  const holding = calls.filter(([name]) => holders.includes(name))

  test.each(lies)('%s', async (_, lie) => {
    for (const [name, text, binary] of holding) {
      for (const isLate of [false, name !== 'allocate']) {
        const engine = map(isLate)
        const honest = FeaturedMap.prototype.get.bind(engine)
        await (isLate ? expectErrorLater : expectErrorAtOnce)(engine, name, text, binary, op => {
          op.value = Buffer.from('abc')
          op.valueStart = 0
          op.valueEnd = 3
          honest(op)
          lie(op)
          return Status.SUCCESS
        })
      }
    }
  })

  async function expectErrorAtOnce (
    engine: Engine, name: Name, text: string, binary: Buffer, call: (op: Op) => Status
  ) {
    const server = new TestServer(withFunction(engine, name, call))
    expect(await server.askText(server.connect(), `${text}version\r\n`)).toBe(INTERNAL + VERSION)
    const [first, last] = parseReplies(await server.ask(server.connect(),
      Buffer.concat([binary, request(O.NOOP)])))
    expect([first.status, last.opcode]).toEqual([INTERNAL_STATUS, O.NOOP])
  }

  async function expectErrorLater (
    engine: Engine, name: Name, text: string, binary: Buffer, call: (op: Op) => Status
  ) {
    await expectErrorAtOnce(engine, name, text, binary,
      (async (op: Op) => { await sleep(0); return call(op) }) as never)
  }
})

describe('numbers that are none', () => {
  const told = ['itemFlags', 'itemCasLow', 'itemCasHigh', 'resultLow', 'resultHigh'] as const
  test.each([undefined, NaN, 'text', 1e300, null, {}, 5n, Symbol('5')])('%p', async nonsense => {
    for (const isAsync of [false, true]) {
      const engine = map(isAsync)
      const lie = (op: Op) => {
        op.value = Buffer.from('abc')
        op.valueStart = 0
        op.valueEnd = 3
        for (const field of told) op[field] = nonsense as never
        return isAsync ? Promise.resolve(Status.SUCCESS) : Status.SUCCESS
      }
      for (const name of ['store', 'get', 'touch', 'arithmetic'] as const) {
        withFunction(engine, name, lie)
      }
      const server = new TestServer(engine)
      for (const asked of [
        Buffer.from('gets k\r\n'), Buffer.from('incr k 1\r\n'),
        request(O.GATKQ, { key, extras: u32(0) }),
        request(O.SET, { key, value: 'x'.repeat(50_000), extras: storing })
      ]) {
        await server.ask(server.connect(), asked, 10_000)
        // Whatever it was told, or not: the others are served.
        expect(await server.askText(server.connect(), 'version\r\n')).toBe(VERSION)
      }
    }
  })
})

test('faults of every kind at every nth call: one reply to each request, in order', async () => {
  const requests = [
    set, 'get k none k\r\n', 'add k 0 0 1\r\n7\r\n', 'append k 0 0 1\r\n8\r\n', 'incr k 1\r\n',
    'touch k 0\r\n', 'gat 0 k\r\n', 'cas k 0 0 1 5\r\nx\r\n', 'delete k\r\n', 'flush_all\r\n'
  ]
  const error = 'SERVER_ERROR (temporary failure|internal error of the engine)'
  const reply = new RegExp('^(STORED|NOT_STORED|EXISTS|NOT_FOUND|DELETED|TOUCHED|OK|\\d+|' +
    `CLIENT_ERROR cannot [^\\r]+|(VALUE k 0 \\d+\\r\\n\\w+\\r\\n)*(END|${error}))\\r\\n$`)
  for (const [failEvery, rejectEvery, throwEvery] of [[2, 3, 5], [3, 7, 2], [1, 0, 0], [0, 1, 0]]) {
    const engine = late(map(true), { failEvery, rejectEvery, throwEvery })
    const server = new TestServer(engine)
    const asked = requests.map(request => `${request}version\r\n`).join('').repeat(20)
    const replied = await server.askText(server.connect(), asked)
    const replies = replied.split(VERSION)
    expect(replies.pop()).toBe('')
    expect(replies.length).toBe(requests.length * 20)
    for (const each of replies) expect(each).toMatch(reply)
    expect([engine.holds, engine.breaches]).toEqual([0, []])
  }
})

describe('an answer in time', () => {
  /** What is replied, once so much of it is there. */
  async function untilReplied (link: FakeLink, length: number): Promise<Buffer> {
    const parts: Buffer[] = []
    for (let sum = 0; sum < length; sum += parts.at(-1)!.length) {
      await sleep(5)
      parts.push(link.take())
    }
    return Buffer.concat(parts)
  }
  const never = () => new Promise(() => {})

  test.each(calls.filter(mayBeLate))('that %s never gives to %j', async (name, text, binary) => {
    const server = new TestServer(withFunction(map(true), name, never), { engineTimeout: 1 })
    const [link, other, third] = [server.connect(), server.connect(), server.connect()]
    link.send(`${text}version\r\n`)
    other.send(Buffer.concat([binary, request(O.NOOP)]))
    expect(server.core.waiting.unsettled).toBeGreaterThan(0)
    third.send('version\r\n')
    expect(third.takeText()).toBe(VERSION)
    expect((await untilReplied(link, (TIMEOUT + VERSION).length)).toString('latin1'))
      .toBe(TIMEOUT + VERSION)
    const replies = parseReplies(await untilReplied(other, 48))
    expect(replies.map(({ opcode, status }) => [opcode, status]))
      .toEqual([[binary[1], TEMPORARY_STATUS], [O.NOOP, 0]])
    expect(server.logged('warn')).toContain('the engine did not answer in time')
    link.leave()
    other.leave()
  })

  test('that comes too late gives back what it holds', async () => {
    let holds = 0
    const answers: (() => void)[] = []
    const engine = map(true)
    for (const name of ['get', 'touch', 'arithmetic', 'store'] as const) {
      withFunction(engine, name, (op: Op) => new Promise<Status>(resolve => {
        answers.push(() => {
          if (name !== 'store') holds++
          op.value = Buffer.from('x')
          op.valueStart = 0
          op.valueEnd = 1
          resolve(Status.SUCCESS)
        })
      }))
    }
    withFunction(engine, 'allocate', (op: Op) => {
      holds++
      return FeaturedMap.prototype.allocate.call(engine, op)
    })
    withFunction(engine, 'release', () => { holds-- })
    const server = new TestServer(engine, { engineTimeout: 1 })
    const links = ['get k\r\n', 'get k k\r\n', 'touch k 1\r\n', 'gat 1 k\r\n', 'incr k 1\r\n', set]
      .map(text => {
        const link = server.connect()
        link.send(text)
        return link
      })
    for (const link of links) {
      expect((await untilReplied(link, TIMEOUT.length)).toString('latin1')).toBe(TIMEOUT)
    }
    for (const answer of answers) answer()
    await server.idle()
    expect([holds, server.core.waiting.unsettled]).toEqual([0, 0])
    for (const link of links) {
      expect(await server.askText(link, 'version\r\n')).toBe(VERSION)
    }
  })
})

test('promises of an engine that does not say it is async are awaited all the same', async () => {
  const engine = map(false)
  withFunction(engine, 'get', async (op: Op) => {
    await sleep(1)
    return FeaturedMap.prototype.get.call(engine, op)
  })
  const server = new TestServer(engine)
  const link = server.connect()
  const keys = ['first', 'second', 'third']
  await server.ask(link, keys.map(key => `set ${key} 0 0 1\r\n${key[0]}\r\n`).join(''))
  expect(await server.askText(link, `get ${keys.join(' ')}\r\nversion\r\n`))
    .toBe(`${keys.map(key => `VALUE ${key} 0 1\r\n${key[0]}\r\n`).join('')}END\r\n${VERSION}`)
})

test('an engine whose answers are no native promises is awaited', async () => {
  const engine = map(true)
  withFunction(engine, 'get', (op: Op) => ({
    then (settle: (status: Status) => void) {
      const status = FeaturedMap.prototype.get.call(engine, op)
      setImmediate(() => { settle(status); settle(Status.INTERNAL) })
    }
  }))
  const server = new TestServer(engine)
  expect(await server.askText(server.connect(), `${set}get k none\r\n`))
    .toBe('STORED\r\nVALUE k 0 1\r\nx\r\nEND\r\n')
})
