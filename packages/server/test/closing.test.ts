import { Opcode as O } from '@memplug/protocol'
import { engines, ManualMap } from './support/engines.js'
import { malformed, parseReplies, reply, request, u32 } from './support/frames.js'
import { TestServer } from './support/test-server.js'

const INVALID = { status: 0x04, value: 'Invalid arguments' }
const UNKNOWN = { status: 0x81, value: 'Unknown command' }
const every = Object.entries(engines)

describe.each(every)('text, over %s: the connection closes after', (_, create) => {
  const STORED = 'STORED\r\nVALUE a 0 1\r\nx\r\nEND\r\n'

  test.each([
    ['quit', 'set a 0 0 1\r\nx\r\nget a\r\nquit\r\nget a\r\n', STORED],
    ['quit with more words', 'set a 0 0 1\r\nx\r\nget a\r\nquit now\r\n', STORED],
    ['a request of a browser', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', ''],
    ['a browser\'s last word alone', 'HTTP/1.1\r\nversion\r\n', ''],
    ['a line of more than 2048 bytes', `version\r\n${'x'.repeat(2048)}\r\nversion\r\n`,
      'VERSION 1.6.45\r\n'],
    ['more than 2048 bytes of a line', 'x'.repeat(2049), ''],
    ['more than 2048 blanks', ' '.repeat(2049), ''],
    ['a set line of more than 2048 bytes', `set ${'x'.repeat(2048)} 0 0 1\r\nx\r\n`, '']
  ])('%s', async (_, request, reply) => {
    for (const size of [1 << 16, 1, 2]) {
      const server = new TestServer(create())
      const link = server.connect()
      expect(await server.askText(link, request, size)).toBe(reply)
      expect(link.isClosed).toBe(true)
      expect(server.core.connections.size).toBe(0)
    }
  })
})

test.each([
  ['a line of 2048 bytes', `version ${'x'.repeat(2038)}\r\n`, 'VERSION 1.6.45\r\n'],
  ['a get of HTTP/1.1', 'get / HTTP/1.1\r\n', 'END\r\n'],
  ['a get line of 100,000 bytes', `get ${'k'.repeat(99)}${' k'.repeat(50_000)}\r\n`, 'END\r\n'],
  ['a get line that is mostly blanks', `get ${' '.repeat(5000)}k${' '.repeat(5000)}\r\n`, 'END\r\n']
])('the connection stays after %s', async (_, request, reply) => {
  for (const size of [1 << 16, 1]) {
    const server = new TestServer(engines['the map']())
    const link = server.connect()
    expect(await server.askText(link, request, size)).toBe(reply)
    expect(link.isClosed).toBe(false)
  }
})

describe.each(every)('binary, over %s: the connection closes after', (_, create) => {
  const noop = [request(O.NOOP), reply(O.NOOP)] as const
  const version = reply(O.VERSION, { value: '1.6.45' })

  test.each<[string, Buffer, Buffer[]]>([
    ['Quit', request(O.QUIT), [reply(O.QUIT)]],
    ['QuitQ', request(O.QUITQ), []],
    ['another magic', Buffer.from('get a\r\n'.padEnd(24)), []],
    ['a reply', reply(O.NOOP), []],
    ['extras where none belong', request(O.GET, { key: 'a', extras: 'abcd' }),
      [reply(O.GET, INVALID)]],
    ['no extras where some belong', request(O.SET, { key: 'a' }), [reply(O.SET, INVALID)]],
    ['short extras', request(O.INCREMENT, { key: 'a', extras: u32(1) }),
      [reply(O.INCREMENT, INVALID)]],
    ['extras of more than 20 bytes', request(O.SET, { key: 'a', extras: 'x'.repeat(21) }),
      [reply(O.SET, INVALID)]],
    ['no key', request(O.GETQ), [reply(O.GETQ, INVALID)]],
    ['a key where none belongs', request(O.NOOP, { key: 'a' }), [reply(O.NOOP, INVALID)]],
    ['a value where none belongs', request(O.DELETE, { key: 'a', value: 'x' }),
      [reply(O.DELETE, INVALID)]],
    ['a key that is too long', request(O.GET, { key: 'k'.repeat(251) }), [reply(O.GET, INVALID)]],
    ['a key longer than the body', malformed(O.GET, { key: 2, body: 1 }), [reply(O.GET, UNKNOWN)]],
    ['extras and key longer than the body',
      malformed(O.APPEND, { key: 0xffff, extras: 0, body: 1 }), [reply(O.APPEND, UNKNOWN)]],
    ['the lengths of CVE-2016-8704', malformed(O.PREPENDQ, { key: 250, extras: 0, body: 0 }),
      [reply(O.PREPENDQ, UNKNOWN)]],
    ['the length of CVE-2011-4971', malformed(O.SET, { key: 0, extras: 0, body: 0xffffffe8 }),
      [reply(O.SET, INVALID)]],
    ['a body of more than 1 GB', malformed(O.SET, { key: 1, extras: 8, body: 2 ** 30 + 1 }),
      [reply(O.SET, INVALID)]],
    ['such a body of an unknown opcode', malformed(0x99, { body: 2 ** 30 + 1 }),
      [reply(0x99, INVALID)]],
    ['an unknown opcode whose lengths are wrong', malformed(0x99, { key: 1, body: 0 }),
      [reply(0x99, UNKNOWN)]]
  ])('%s', async (_, asked, replies) => {
    for (const size of [1 << 16, 1]) {
      const server = new TestServer(create())
      const link = server.connect()
      const expected = parseReplies(Buffer.concat([noop[1], ...replies]))
      const bytes = Buffer.concat([noop[0], asked, noop[0]])
      expect(parseReplies(await server.ask(link, bytes, size))).toEqual(expected)
      expect(link.isClosed).toBe(true)
    }
  })

  test('after gets are answered, whatever comes behind them', async () => {
    for (const bad of [Buffer.from('x'), request(O.SET), malformed(O.GETQ, { key: 9, body: 1 })]) {
      const server = new TestServer(create())
      const link = server.connect()
      const gets = Buffer.concat([request(O.SETQ, { key: 'a', extras: u32(0, 0) }),
        request(O.GETQ, { key: 'a' }), request(O.GETKQ, { key: 'a' })])
      const replies = parseReplies(await server.ask(link, Buffer.concat([gets, bad])))
      expect(replies.slice(0, 2)).toEqual(parseReplies(Buffer.concat([
        reply(O.GETQ, { extras: u32(0), cas: 1 }),
        reply(O.GETKQ, { key: 'a', extras: u32(0), cas: 1 })])))
      expect(link.isClosed).toBe(true)
    }
  })

  test('an unknown opcode is skipped with its body, however that comes in', async () => {
    const asked = Buffer.concat([
      request(0x7e, { key: 'k'.repeat(200), extras: 'e'.repeat(255), value: '\x80'.repeat(5000) }),
      request(O.VERSION)
    ])
    for (const size of [1 << 16, 1, 24, 1000]) {
      const server = new TestServer(create())
      const link = server.connect()
      expect(parseReplies(await server.ask(link, asked, size)))
        .toEqual(parseReplies(Buffer.concat([reply(0x7e, UNKNOWN), version])))
      expect(link.isClosed).toBe(false)
    }
  })
})

describe('one protocol only', () => {
  test.each([
    ['ascii', Buffer.from('version\r\n'), false], ['ascii', request(O.NOOP), true],
    ['binary', Buffer.from('version\r\n'), true], ['binary', request(O.NOOP), false],
    ['auto', Buffer.from('version\r\n'), false], ['auto', request(O.NOOP), false]
  ] as const)('%s, asked %j', async (protocol, asked, closes) => {
    const server = new TestServer(engines['the map'](), { protocol })
    const link = server.connect()
    const { length } = await server.ask(link, asked)
    expect([link.isClosed, length > 0]).toEqual([closes, !closes])
  })
})

describe('a client that sends no more', () => {
  test.each(every)('is answered, and then left, over %s', async (_, create) => {
    for (const [sent, replied] of [
      ['set a 0 0 1\r\nx\r\nget a b a\r\nincr a 1\r\nversion\r\nget ', 'STORED\r\n' +
        'VALUE a 0 1\r\nx\r\nVALUE a 0 1\r\nx\r\nEND\r\nCLIENT_ERROR cannot increment or ' +
        'decrement non-numeric value\r\nVERSION 1.6.45\r\n'],
      ['', ''], ['set a 0 0 10\r\nxyz', ''], ['set a 0 0 9999999\r\nxyz',
        'SERVER_ERROR object too large for cache\r\n']
    ] as const) {
      const server = new TestServer(create())
      const link = server.connect()
      link.send(sent)
      link.sendEnd()
      await server.idle()
      expect([link.takeText(), link.isClosed]).toEqual([replied, true])
      expect(server.core.connections.size).toBe(0)
    }
  })

  test('is left only when it has read all', async () => {
    const server = new TestServer(engines['the map'](), { outputLimit: 1000 })
    const link = server.connect()
    await server.ask(link, `set a 0 0 900\r\n${'x'.repeat(900)}\r\n`)
    link.stopReading()
    link.send('get a\r\n'.repeat(5))
    link.sendEnd()
    await server.idle()
    expect(link.isClosed).toBe(false)
    link.readAll()
    await server.idle()
    expect(link.takeText()).toBe(`VALUE a 0 900\r\n${'x'.repeat(900)}\r\nEND\r\n`.repeat(5))
    expect(link.isClosed).toBe(true)
  })

  test('is left when the engine has answered', async () => {
    const engine = new ManualMap()
    const server = new TestServer(engine)
    const link = server.connect()
    link.send('get a\r\nget b\r\n')
    link.sendEnd()
    for (const left of [1, 0]) {
      expect(link.isClosed).toBe(false)
      engine.waiting.shift()!()
      for (let turn = 0; turn < 5; turn++) await Promise.resolve()
      expect(engine.waiting.length).toBe(left)
    }
    await server.idle()
    expect([link.takeText(), link.isClosed]).toEqual(['END\r\nEND\r\n', true])
  })
})
