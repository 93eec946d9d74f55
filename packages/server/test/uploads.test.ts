import { Status, type Op } from '@memplug/engine'
import { Opcode as O } from '@memplug/protocol'
import { MapEngine } from '@memplug/map'
import { checked, engines, late, withFunction } from './support/engines.js'
import { parseReplies, reply, request, u32 } from './support/frames.js'
import { TestServer } from './support/test-server.js'

/** How values come into the engine, and what becomes of those it does not take. */

const valueOf = (size: number) =>
  Buffer.from(Array.from({ length: size }, (_, at) => at * 31 & 255)).toString('latin1')
const set = (key: string, value: string, name = 'set') =>
  `${name} ${key} 0 0 ${value.length}\r\n${value}\r\n`
const STORED = 'STORED\r\n'
const VERSION = 'VERSION 1.6.45\r\n'

/** Gives room in the middle of memory, and sees to it that nothing beside it is written. */
class RoomyMap extends MapEngine {
  override allocate (op: Op): Status {
    op.item = null
    op.value = Buffer.alloc(op.size + 20, 0xaa)
    op.valueStart = 7
    op.valueEnd = 7 + op.size
    return Status.SUCCESS
  }

  override store (op: Op): Status {
    const beside = [op.value.subarray(0, op.valueStart), op.value.subarray(op.valueEnd)]
    if (!beside.every(bytes => bytes.every(byte => byte === 0xaa))) return Status.INTERNAL
    op.value = op.value.subarray(op.valueStart, op.valueEnd)
    op.valueStart = 0
    op.valueEnd = op.value.length
    return super.store(op)
  }
}

describe('a value is written to where the engine says, and nowhere else', () => {
  const sizes = [0, 1, 2, 191, 192, 193, 8191, 8192, 8193, 65_535, 65_536, 65_537, 200_000]
  const pieces = [1 << 16, 8192, 1001, 7]

  test.each(sizes)('%i bytes of text', async size => {
    const value = valueOf(size)
    for (const piece of pieces) {
      const server = new TestServer(new RoomyMap())
      const link = server.connect()
      expect(await server.askText(link, `${set('a', value)}get a\r\nversion\r\n`, piece)).toBe(
        `${STORED}VALUE a 0 ${size}\r\n${value}\r\nEND\r\n${VERSION}`)
    }
  })

  test.each(sizes)('%i bytes, binary', async size => {
    const value = valueOf(size)
    const asked = Buffer.concat([
      request(O.SET, { key: 'a', value, extras: u32(5, 0) }), request(O.GET, { key: 'a' }),
      request(O.NOOP)
    ])
    for (const piece of pieces) {
      const server = new TestServer(new RoomyMap())
      const replied = await server.ask(server.connect(), asked, piece)
      expect(replied.equals(Buffer.concat([
        reply(O.SET, { cas: 1 }), reply(O.GET, { extras: u32(5), value, cas: 1 }), reply(O.NOOP)
      ]))).toBe(true)
    }
  })

  test('without a copy on the way, if it is large', async () => {
    const server = new TestServer(new RoomyMap())
    const link = server.connect()
    await server.ask(link, set('a', 'x'.repeat(100_000)), 10_000)
    expect(link.filled).toBeGreaterThan(80_000)
  })
})

test('a value that does not end its line is not stored, and what was allocated is given back',
  async () => {
    for (const size of [1, 10_000, 70_000]) {
      for (const piece of [1 << 16, 999]) {
        const engine = checked()
        const server = new TestServer(engine)
        const link = server.connect()
        const value = 'x'.repeat(size)
        expect(await server.askText(link,
          `set a 0 0 ${size}\r\n${value}xyversion\r\nget a\r\n`, piece))
          .toBe(`CLIENT_ERROR bad data chunk\r\n${VERSION}END\r\n`)
        expect([engine.holds, engine.breaches]).toEqual([0, []])
      }
    }
  })

test('clients that upload to one key at once do not mix', async () => {
  const server = new TestServer(checked())
  const links = ['a', 'b', 'c'].map(letter => ({ letter, link: server.connect() }))
  const SIZE = 30_000
  for (const { link } of links) link.send(`set k 0 0 ${SIZE}\r\n`)
  for (let at = 0; at < SIZE; at += 5000) {
    for (const { letter, link } of links) link.send(letter.repeat(5000))
  }
  for (const { letter, link } of links) {
    expect(await server.askText(link, '\r\nget k\r\n'))
      .toBe(`${STORED}VALUE k 0 ${SIZE}\r\n${letter.repeat(SIZE)}\r\nEND\r\n`)
  }
})

/** An engine that is full, each of its functions that may say so. */
const full: [string, (status: Status) => MapEngine][] = [
  ['testCapacity', status => withFunction(new MapEngine(), 'testCapacity',
    (_: number, size: number) => size > 5 ? status : Status.SUCCESS)],
  ['allocate', status => {
    const engine = new MapEngine()
    const allocate = engine.allocate.bind(engine)
    return withFunction(engine, 'allocate', (op: Op) => op.size > 5 ? status : allocate(op))
  }],
  ['store', status => {
    const engine = new MapEngine()
    const store = engine.store.bind(engine)
    return withFunction(engine, 'store', (op: Op) => op.size > 5 ? status : store(op))
  }]
]

describe.each(full)('an engine whose %s refuses', (name, create) => {
  const refusals = [
    [Status.TOO_LARGE, 'SERVER_ERROR object too large for cache\r\n', 'Too large.',
      'store_too_large'],
    [Status.NO_MEMORY, 'SERVER_ERROR out of memory storing object\r\n', 'Out of memory',
      'store_no_memory']
  ] as const
  const LONG = 'x'.repeat(6)

  test.each(refusals)('by status %i', async (status, line, body, counter) => {
    if (name === 'testCapacity' && status !== Status.TOO_LARGE) return
    for (const [engine, piece] of [
      [checked(create(status)), 1 << 16], [checked(create(status)), 1], [late(create(status)), 3]
    ] as const) {
      const server = new TestServer(engine)
      const link = server.connect()
      const ask = (text: string) => server.askText(link, text, piece)
      const HIT = 'VALUE a 0 3\r\nabc\r\nEND\r\n'

      expect(await ask(`${set('a', 'abc')}get a\r\n`)).toBe(STORED + HIT)
      for (const name of ['add', 'replace']) {
        expect(await ask(`${set('a', LONG, name)}get a\r\n`)).toBe(line + HIT)
      }
      expect(await ask(`cas a 0 0 6 1\r\n${LONG}\r\nget a\r\n`)).toBe(line + HIT)
      // What could not be replaced must not be taken for the new value.
      expect(await ask(`${set('a', LONG)}get a\r\nversion\r\n`)).toBe(`${line}END\r\n${VERSION}`)
      expect(await ask(`${set('a', 'abc')}set a 0 0 6 noreply\r\n${LONG}\r\nget a\r\n`))
        .toBe(`${STORED}END\r\n`)
      expect(server.shared.sum(counter)).toBe(5)

      const binary = server.connect()
      const asked = Buffer.concat([
        request(O.SETQ, { key: 'a', value: 'abc', extras: u32(0, 0) }),
        request(O.ADDQ, { key: 'a', value: LONG, extras: u32(0, 0) }),
        request(O.GET, { key: 'a' }),
        request(O.SETQ, { key: 'a', value: LONG, extras: u32(0, 0) }),
        request(O.GET, { key: 'a' })
      ])
      expect(parseReplies(await server.ask(binary, asked, piece)).map(reply => reply.value))
        .toEqual([body, 'abc', body, 'Not found'])
      expect([engine.holds, engine.breaches]).toEqual([0, []])
    }
  })
})

test('a refused value is swallowed in constant memory, whatever its size', async () => {
  const server = new TestServer(engines['the map'](), { maxItemSize: 1000 })
  const link = server.connect()
  link.send('set a 0 0 100000000\r\n')
  const megabyte = Buffer.alloc(1_000_000, '\n')
  const before = process.memoryUsage().rss
  for (let sent = 0; sent < 100; sent++) link.send(megabyte)
  expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000)
  expect(await server.askText(link, '\r\nversion\r\n'))
    .toBe(`SERVER_ERROR object too large for cache\r\n${VERSION}`)
})
