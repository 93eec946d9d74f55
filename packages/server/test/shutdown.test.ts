import { MapEngine } from '@memplug/map'
import { createServer } from '../src/index.js'
import { SocketClient } from './support/socket-client.js'
import { TestServer } from './support/test-server.js'

describe('shutdown', () => {
  test('is refused unless it is allowed', async () => {
    const server = new TestServer(new MapEngine())
    const link = server.connect()
    expect(await server.askText(link, 'shutdown\r\nshutdown graceful\r\nshutdown foo\r\n'))
      .toBe('SERVER_ERROR: shutdown not enabled\r\n'.repeat(3))
    expect(link.isClosed).toBe(false)
  })

  test.each([
    ['shutdown\r\n', false], ['shutdown graceful\r\n', true], ['shutdown  graceful \n', true]
  ])('%j is obeyed without a reply', async (request, graceful) => {
    const server = new TestServer(new MapEngine(), { shutdownCommand: true })
    const asked: boolean[] = []
    server.core.shutDown = how => { asked.push(how) }
    const link = server.connect()
    expect(await server.askText(link, `version\r\n${request}version\r\n`))
      .toBe('VERSION 1.6.45\r\n')
    expect(link.isClosed).toBe(true)
    expect(asked).toEqual([graceful])
  })

  test.each(['shutdown foo', 'shutdown GRACEFUL', 'shutdown graceful now', 'shutdown noreply'])(
    '%s is no way to end', async request => {
      const server = new TestServer(new MapEngine(), { shutdownCommand: true })
      server.core.shutDown = () => { throw new Error('it must not') }
      expect(await server.askText(server.connect(), `${request}\r\n`))
        .toBe('CLIENT_ERROR invalid shutdown mode\r\n')
    })

  test.each([0, 2])('with %i workers it closes the server, or does as the host says',
    async threads => {
      const asked: boolean[] = []
      const server = await createServer({
        engine: 'slab', port: 0, threads, shutdownCommand: true,
        onShutdown: graceful => { asked.push(graceful) }
      })
      const client = await SocketClient.connect(server.port)
      client.send('shutdown graceful\r\n')
      expect((await client.readAll()).length).toBe(0)
      const other = await SocketClient.connect(server.port)
      await other.ask('version\r\n', 'VERSION 1.6.45\r\n')
      expect(asked).toEqual([true])
      await server.close()

      const another = await createServer({
        engine: 'slab', port: 0, threads, shutdownCommand: true
      })
      const last = await SocketClient.connect(another.port)
      last.send('shutdown\r\n')
      expect((await last.readAll()).length).toBe(0)
      await another.close()
    })
})

test('flush_all that is not allowed is refused in both protocols, and counts', async () => {
  const server = new TestServer(new MapEngine(), { flushAll: false })
  const link = server.connect()
  const refused = 'CLIENT_ERROR flush_all not allowed\r\n'
  expect(await server.askText(link, 'set a 0 0 1\r\nx\r\nflush_all\r\nflush_all 5\r\n' +
    'flush_all x\r\nflush_all noreply\r\nflush_all 5 noreply\r\nget a\r\n'))
    .toBe(`STORED\r\n${refused.repeat(3)}VALUE a 0 1\r\nx\r\nEND\r\n`)
  const frame = Buffer.alloc(24)
  frame[0] = 0x80
  frame[1] = 0x08
  const reply = await server.ask(server.connect(), frame)
  expect(reply.readUInt16BE(6)).toBe(0x20)
  frame[1] = 0x18
  expect((await server.ask(server.connect(), frame)).readUInt16BE(6)).toBe(0x20)
  expect(await server.askText(link, 'stats\r\n')).toContain('STAT cmd_flush 7\r\n')
})
