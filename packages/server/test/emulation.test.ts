import { Status, Store, type Engine, type Feature, type Op } from '@memplug/engine'
import { Checked, Late } from '@memplug/engine-kit'
import { Opcode as O } from '@memplug/protocol'
import * as binary from './support/binary-transcripts.js'
import { checked, late, PlainMap, withFunction } from './support/engines.js'
import { parseReplies, request, u32, u64 } from './support/frames.js'
import { TestServer } from './support/test-server.js'
import * as text from './support/text-transcripts.js'

/** touch, gat, append, prepend, incr and decr over an engine that leaves them to the server. */

const plain = (features?: Feature[]) => new PlainMap(features)
const engines: [string, () => Checked][] = [
  ['at once, with cas', () => checked(plain())],
  ['later, with cas', () => late(plain())],
  ['at once, without cas', () => checked(plain([]))],
  ['later, without cas', () => late(plain([]))]
]
const withCas = engines.slice(0, 2)

const STORED = 'STORED\r\n'

describe.each(engines)('an engine that answers %s', (_, create) => {
  const hasCas = create().getInfo().features.includes('cas')
  const talks = Object.entries(text.transcripts).filter(([name]) => name !== 'cas' || hasCas)

  test.each(talks)('is like any other in text: %s', async (_, exchanges) => {
    const engine = create()
    const server = new TestServer(engine, text.options)
    const link = server.connect()
    for (const { request, reply } of exchanges) {
      expect(await server.askText(link, request)).toBe(reply.toString('latin1'))
    }
    expect([engine.holds, engine.breaches]).toEqual([0, []])
  })

  test('keeps flags and expiry', async () => {
    const engine = create()
    const server = new TestServer(engine)
    const link = server.connect()
    await server.ask(link, 'set a 7 10 1\r\n5\r\n')
    await server.pass(5)
    expect(await server.askText(link, 'append a 1 0 1\r\n0\r\nprepend a 1 100 1\r\n1\r\n' +
      'incr a 1\r\ndecr a 2\r\nget a\r\n'))
      .toBe(`${STORED.repeat(2)}151\r\n149\r\nVALUE a 7 3\r\n149\r\nEND\r\n`)
    await server.pass(4)
    expect(await server.askText(link, 'get a\r\n')).toBe('VALUE a 7 3\r\n149\r\nEND\r\n')
    await server.pass(1)
    expect(await server.askText(link, 'get a\r\nappend a 0 0 1\r\nx\r\nincr a 1\r\n'))
      .toBe('END\r\nNOT_STORED\r\nNOT_FOUND\r\n')
  })

  test('moves the expiry', async () => {
    const server = new TestServer(create())
    const link = server.connect()
    await server.ask(link, 'set a 7 10 1\r\n5\r\nset b 7 10 1\r\n6\r\n')
    expect(await server.askText(link, 'touch a 20\r\ngat 0 b\r\n'))
      .toBe('TOUCHED\r\nVALUE b 7 1\r\n6\r\nEND\r\n')
    await server.pass(19)
    expect(await server.askText(link, 'get a b\r\n'))
      .toBe('VALUE a 7 1\r\n5\r\nVALUE b 7 1\r\n6\r\nEND\r\n')
    await server.pass(1)
    expect(await server.askText(link, 'get a b\r\n')).toBe('VALUE b 7 1\r\n6\r\nEND\r\n')
    expect(server.shared.sum('cmd_touch')).toBe(2)
    expect(server.shared.sum('touch_hits')).toBe(2)
  })

  test('holds a large value while gat sends it', async () => {
    const engine = create()
    const server = new TestServer(engine)
    const link = server.connect()
    const value = 'x'.repeat(50_000)
    await server.ask(link, `set a 0 0 50000\r\n${value}\r\n`)
    link.stopReading()
    link.send('gat 0 a\r\n')
    await server.idle()
    expect(engine.holds).toBe(1)
    link.readAll()
    await server.idle()
    expect(link.takeText()).toBe(`VALUE a 0 50000\r\n${value}\r\nEND\r\n`)
    expect([engine.holds, engine.breaches]).toEqual([0, []])
  })

  test('creates by binary Increment, with an expiry', async () => {
    const server = new TestServer(create())
    const link = server.connect()
    const increment = (exptime: number) =>
      request(O.INCREMENT, { key: 'n', extras: u64(2) + u64(40) + u32(exptime) })
    const values = async (asked: Buffer) =>
      parseReplies(await server.ask(link, asked)).map(({ status, value }) => [status, value])
    const NOT_FOUND = [1, 'Not found']
    expect(await values(increment(0xffffffff))).toEqual([NOT_FOUND])
    expect(await values(Buffer.concat([increment(10), increment(0xffffffff)])))
      .toEqual([[0, u64(40)], [0, u64(42)]])
    await server.pass(10)
    expect(await values(increment(0xffffffff))).toEqual([NOT_FOUND])
  })
})

describe.each(withCas)('an engine that answers %s', (_, create) => {
  const talks = Object.entries(binary.transcripts).filter(([name]) => !name.startsWith('Touch'))

  test.each(talks)('is like any other in binary: %s', async (_, exchanges) => {
    const engine = create()
    const server = new TestServer(engine, binary.options)
    const link = server.connect()
    for (const { request, reply } of exchanges) {
      expect(parseReplies(await server.ask(link, request))).toEqual(parseReplies(reply))
    }
    expect([engine.holds, engine.breaches]).toEqual([0, []])
  })
})

test('many clients that count and join at once lose nothing', async () => {
  const engine = late(plain())
  const server = new TestServer(engine)
  const links = Array.from({ length: 10 }, () => server.connect())
  await server.ask(links[0], 'set n 0 0 1\r\n0\r\nset list 0 0 0\r\n\r\n')
  links.forEach((link, at) => {
    link.send(`incr n ${at + 1}\r\nappend list 0 0 1\r\n${at}\r\ntouch n 0\r\n`.repeat(5))
  })
  await server.idle()
  for (const link of links) link.take()
  expect(await server.askText(links[0], 'get n\r\n')).toBe('VALUE n 0 3\r\n275\r\nEND\r\n')
  const [, list] = (await server.askText(links[0], 'get list\r\n')).split('\r\n')
  expect([...list].sort().join('')).toBe([...'0123456789'].map(digit => digit.repeat(5)).join(''))
  expect([engine.holds, engine.breaches]).toEqual([0, []])
})

/** Loses every race: its item is another one each time the server comes to replace it. */
class Restless extends PlainMap {
  races = 0
  override store (op: Op): Status {
    if (!op.compare) return super.store(op)
    this.races++
    return Status.EXISTS
  }
}

test('a race that is lost again and again ends in an error', async () => {
  const engine = new Restless()
  const server = new TestServer(engine)
  const link = server.connect()
  expect(await server.askText(link, 'set n 0 0 1\r\n0\r\nincr n 1\r\nversion\r\n'))
    .toBe(`${STORED}SERVER_ERROR temporary failure\r\nVERSION 1.6.45\r\n`)
  expect(engine.races).toBe(1000)
})

test('an item that somebody else creates first is counted on', async () => {
  const engine = new PlainMap()
  let isFirst = true
  withFunction(engine, 'store', (op: Op) => {
    const answer = PlainMap.prototype.store.call(engine, op)
    if (op.mode !== Store.ADD || !isFirst) return answer
    isFirst = false
    return Status.NOT_STORED
  })
  const server = new TestServer(engine)
  const increment = request(O.INCREMENT, { key: 'n', extras: u64(2) + u64(40) + u32(0) })
  expect(parseReplies(await server.ask(server.connect(), increment)))
    .toMatchObject([{ status: 0, value: u64(42) }])
})

test('where cas values are off, the old item is not compared', async () => {
  const engine = new PlainMap()
  withFunction(engine, 'store', (op: Op) =>
    op.compare ? Status.EXISTS : PlainMap.prototype.store.call(engine, op))
  const server = new TestServer(engine, { cas: false })
  expect(await server.askText(server.connect(), 'set n 0 0 1\r\n5\r\nincr n 1\r\ntouch n 0\r\n'))
    .toBe(`${STORED}6\r\nTOUCHED\r\n`)
})

describe('what goes wrong on the way', () => {
  const asked = ['touch n 0\r\n', 'gat 0 n\r\n', 'incr n 1\r\n', 'append n 0 0 1\r\n1\r\n']
  const faults: [string, (engine: Engine) => Engine, string][] = [
    ['failing', engine => new Late(engine, { failEvery: 1 }), 'temporary failure'],
    ['rejecting', engine => new Late(engine, { rejectEvery: 1 }), 'internal error of the engine']
  ]

  test.each(faults)('%s', async (_, spoil, message) => {
    for (const request of asked) {
      for (const broken of ['get', 'store'] as const) {
        const inner = plain(['cas', 'async'])
        const engine = new Checked(inner)
        const server = new TestServer(engine)
        const link = server.connect()
        await server.ask(link, 'set n 0 0 1\r\n0\r\n')
        const sound = inner[broken].bind(inner)
        const spoiled = spoil({ getInfo: () => inner.getInfo(), [broken]: sound } as never)
        Object.assign(inner, {
          [broken]: (op: Op) => op.mode >= 3 ? Status.NOT_SUPPORTED : spoiled[broken](op)
        })
        expect(await server.askText(link, `${request}version\r\n`))
          .toBe(`SERVER_ERROR ${message}\r\nVERSION 1.6.45\r\n`)
        expect([engine.holds, engine.breaches]).toEqual([0, []])
      }
    }
  })
})
