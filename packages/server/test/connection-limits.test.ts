import { jest } from '@jest/globals'
import { MapEngine } from '@memplug/map'
import { createServer, type ServerOptions } from '../src/index.js'
import { Opcode as O } from '@memplug/protocol'
import { request } from './support/frames.js'
import { SocketClient } from './support/socket-client.js'
import { TestServer } from './support/test-server.js'

const VERSION = 'VERSION 1.6.45\r\n'

const start = (options: ServerOptions = {}): TestServer => new TestServer(new MapEngine(), options)

async function stat (server: TestServer, name: string): Promise<string | undefined> {
  const text = await server.askText(server.connect(), 'stats\r\n')
  return new RegExp(`^STAT ${name} (.*)\r$`, 'm').exec(text)?.[1]
}

describe('idle_timeout', () => {
  test('closes what has asked nothing for longer than that, and counts it', async () => {
    const server = start({ idleTimeout: 3 })
    const [idle, active, partial] = [server.connect(), server.connect(), server.connect()]
    partial.send('get a')
    await server.pass(2)
    expect(await server.askText(active, 'version\r\n')).toBe(VERSION)
    await server.pass(1)
    expect([idle, active, partial].map(link => link.isClosed)).toEqual([false, false, false])
    await server.pass(1)
    expect([idle, active, partial].map(link => link.isClosed)).toEqual([true, false, true])
    expect(await stat(server, 'idle_kicks')).toBe('2')
  })

  test('spares who watches, who uploads, and who has yet to read replies', async () => {
    const server = start({ idleTimeout: 3 })
    const [watcher, uploader, reader] = [server.connect(), server.connect(), server.connect()]
    await server.ask(watcher, 'watch connevents\n')
    uploader.send('set a 0 0 10\r\nabc')
    await server.ask(reader, `set b 0 0 100000\r\n${'x'.repeat(100_000)}\r\n`)
    reader.stopReading()
    reader.send('get b\r\n')
    const idle = server.connect()
    await server.pass(10)
    expect([watcher, uploader, reader, idle].map(link => link.isClosed))
      .toEqual([false, false, false, true])
    expect(watcher.take().toString()).toMatch(/type=conn_close .* reason=idle_timeout cfd=\d+\n$/)
  })

  test('is off by default, and not told then', async () => {
    const server = start()
    const idle = server.connect()
    await server.pass(1000)
    expect(idle.isClosed).toBe(false)
    expect(await stat(server, 'idle_kicks')).toBeUndefined()
    expect(await stat(server, 'request_timeouts')).toBeUndefined()
  })
})

describe('the timeout of requests', () => {
  const parts: [what: string, begin: string | Buffer, more: string | Buffer][] = [
    ['a line', 'get ', 'a'],
    ['a value', 'set a 0 0 100\r\nx', 'x'],
    ['a value that is refused', 'set a 0 0 99999999\r\nx', 'x'],
    ['a get line that is served as it comes', `get ${'a '.repeat(1200)}`, 'a '],
    ['a frame', request(O.GET, { key: 'abcdefghijklmnopqrstuvwxyz' }).subarray(0, 20), 'x'],
    ['a refused line', `get ${'x'.repeat(3000)} `, 'a '],
    ['the end of a value', 'set a 0 0 1\r\nx', '\r']
  ]

  test.each(parts)('%s that comes a byte now and then', async (_, begin, more) => {
    const server = start({ requestTimeout: 5, maxItemSize: 1000 })
    const slow = server.connect()
    const prompt = server.connect()
    slow.send(begin)
    for (let second = 0; second < 5; second++) {
      await server.pass(1)
      if (second === 2) slow.send(more)
      expect(slow.isClosed).toBe(false)
      expect(await server.askText(prompt, 'version\r\n')).toBe(VERSION)
    }
    await server.pass(1)
    expect(slow.isClosed).toBe(true)
    expect(prompt.isClosed).toBe(false)
    expect(await stat(server, 'request_timeouts')).toBe('1')
  })

  test('begins anew with each request, and no idle connection is meant', async () => {
    const server = start({ requestTimeout: 5 })
    const [idle, busy] = [server.connect(), server.connect()]
    await server.ask(idle, 'version\r\n')
    busy.send('ver')
    for (let i = 0; i < 10; i++) {
      await server.pass(4)
      busy.send('sion\r\nset a 0 0 3\r\nab')
      await server.pass(4)
      busy.send('c\r\nver')
    }
    await server.idle()
    expect([idle.isClosed, busy.isClosed]).toEqual([false, false])
    expect(busy.take().toString()).toBe(`${VERSION}STORED\r\n`.repeat(10))
  })
})

describe('connections from one address', () => {
  test.each([0, 2])('are no more than allowed, on %i threads', async threads => {
    const server = await createServer({
      engine: 'slab', port: 0, threads, maxConnectionsPerAddress: 3
    })
    const clients = []
    for (let i = 0; i < 3; i++) {
      clients.push(await SocketClient.connect(server.port))
      await clients[i].ask('version\r\n', VERSION)
    }
    const refused = await SocketClient.connect(server.port)
    expect((await refused.readAll()).toString())
      .toBe('ERROR Too many open connections from this address\r\n')
    expect((await server.stats())['rejected_connections']).toBe('1')
    expect((await server.stats())['curr_connections']).toBe('3')
    clients[0].leave()
    for (;;) {
      const next = await SocketClient.connect(server.port)
      next.send('version\r\n')
      const reply = (await next.read(VERSION.length)).toString()
      if (reply === VERSION) break
      expect(reply).toMatch(/^ERROR/)
    }
    await server.close()
  })

  test('are not limited by default', async () => {
    const server = start()
    for (let i = 0; i < 100; i++) server.connect()
    expect(await stat(server, 'curr_connections')).toBeDefined()
    expect(await stat(server, 'rejected_connections')).toBe('0')
  })
})

describe('memory for buffers', () => {
  // Room for 10 replies of 1232 bytes, as memcached has them.
  const bufferLimit = 12_000

  test('a multiget of more keys than there is room to answer is refused', async () => {
    const server = start({ bufferLimit })
    const link = server.connect()
    const refused = 'SERVER_ERROR out of memory writing get response\r\n'
    expect(await server.askText(link, `get ${'a '.repeat(9)}\r\n`)).toBe('END\r\n')
    expect(await server.askText(link, `get ${'a '.repeat(10)}\r\n`)).toBe('END\r\n')
    expect(await server.askText(link, `get ${'a '.repeat(11)}\r\nversion\r\n`))
      .toBe(refused + VERSION)
    expect(await stat(server, 'response_obj_oom')).toBe('1')
  })

  test('more requests at a time than there is room to answer cost the connection', async () => {
    const server = start({ bufferLimit, maxRequestsPerEvent: 500 })
    const link = server.connect()
    expect(await server.askText(link, 'version\r\n'.repeat(10))).toBe(VERSION.repeat(10))
    expect(await server.askText(link, 'version\r\n'.repeat(10))).toBe(VERSION.repeat(10))
    expect(await server.askText(link, 'version\r\n'.repeat(11))).toBe('')
    expect(link.isClosed).toBe(true)
    expect(await stat(server, 'response_obj_oom')).toBe('1')
  })

  test('what has not wholly come counts, of all connections', async () => {
    const server = start({ bufferLimit })
    const part = 'get ' + 'x'.repeat(1500)
    const links = Array.from({ length: 6 }, () => server.connect())
    for (const link of links) link.send(part)
    await server.idle()
    const refused = links.filter(link => link.isClosed)
    expect(refused.length).toBe(1)
    expect(refused[0].take().toString()).toBe('SERVER_ERROR out of memory reading request\r\n')
    expect(await stat(server, 'read_buf_oom')).toBe('1')
    for (const link of links) link.leave()
    await server.idle()
    expect(server.core.buffers.held).toBe(0)
    const again = server.connect()
    again.send(part)
    expect(await server.askText(again, '\r\n')).toMatch(/^CLIENT_ERROR/)
    expect(server.core.buffers.held).toBe(0)
  })

  test('replies that nobody reads count: who leaves most of them goes first', async () => {
    const server = start({ bufferLimit: 500_000 })
    const writer = server.connect()
    await server.ask(writer, `set a 0 0 200000\r\n${'x'.repeat(200_000)}\r\n`)
    const [small, large] = [server.connect(), server.connect()]
    for (const link of [small, large]) link.stopReading()
    small.send('get a\r\n')
    large.send('get a\r\n'.repeat(2))
    await server.pass(1)
    expect([small.isClosed, large.isClosed]).toEqual([false, true])
    expect(await stat(server, 'response_obj_oom')).toBe('1')
  })
})

test('what is under way is told: parts of requests, and replies that wait', async () => {
  const server = start()
  const told = async () => Promise.all(['read_buf_count', 'read_buf_bytes', 'read_buf_bytes_free',
    'response_obj_count', 'response_obj_bytes'].map(name => stat(server, name)))
  expect(await told()).toEqual(['0', '0', '0', '0', '0'])
  const [one, other, reader] = [server.connect(), server.connect(), server.connect()]
  one.send('get abc')
  other.send('set a 0 0 100000\r\nabc')
  await server.ask(reader, `set b 0 0 100000\r\n${'x'.repeat(100_000)}\r\n`)
  reader.stopReading()
  reader.send('get b\r\n')
  expect(await told()).toEqual(['1', '256', '0', '2', String(2 * 1232)])
  one.send('\r\n')
  other.leave()
  reader.leave()
  await server.idle()
  expect(await told()).toEqual(['0', '0', '0', '0', '0'])
})

describe('-R', () => {
  test('a yield is counted as memcached counts it', async () => {
    for (const [requests, yields] of [[19, 0], [20, 1], [21, 1], [22, 1], [41, 2], [42, 2]]) {
      const server = start()
      await server.ask(server.connect(), 'version\r\n'.repeat(requests))
      expect([requests, await stat(server, 'conn_yields')]).toEqual([requests, String(yields)])
    }
  })

  test('who asks without end lets others have their turn', async () => {
    const server = start({ maxRequestsPerEvent: 1 })
    const [greedy, other] = [server.connect(), server.connect()]
    greedy.send('set a 0 0 1\r\nx\r\n'.repeat(6))
    expect(greedy.take().toString()).toBe('STORED\r\n'.repeat(2))
    other.send('version\r\n')
    expect(other.take().toString()).toBe(VERSION)
    await server.idle()
    expect(greedy.take().toString()).toBe('STORED\r\n'.repeat(4))
    expect(Number(await stat(server, 'conn_yields'))).toBeGreaterThanOrEqual(5)
  })

  test('by default, who asks for what takes long lets others have their turn', async () => {
    const server = start()
    const [greedy, other] = [server.connect(), server.connect()]
    let milliseconds = 0
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => milliseconds += 2)
    greedy.send('set a 0 0 1\r\nx\r\n'.repeat(200))
    expect(greedy.take().toString()).toBe('STORED\r\n'.repeat(61))
    other.send('version\r\n')
    expect(other.take().toString()).toBe(VERSION)
    await server.idle()
    expect(greedy.take().toString()).toBe('STORED\r\n'.repeat(139))
    clock.mockImplementation(() => milliseconds)
    greedy.send('set a 0 0 1\r\nx\r\n'.repeat(200))
    expect(greedy.take().toString()).toBe('STORED\r\n'.repeat(200))
    clock.mockRestore()
  })

  test('requests that are cut anywhere are served all the same', async () => {
    for (const size of [1, 2, 3, 7, 16]) {
      const server = start({ maxRequestsPerEvent: 2 })
      const reply = await server.askText(server.connect(),
        'set a 0 0 3\r\nabc\r\nget a b a\r\nversion\r\nget a\r\n'.repeat(5), size)
      const hit = 'VALUE a 0 3\r\nabc\r\n'
      expect(reply).toBe(`STORED\r\n${hit}${hit}END\r\n${VERSION}${hit}END\r\n`.repeat(5))
    }
  })
})
