import { fileURLToPath } from 'node:url'
import { createServer, type Server } from '@memplug/server'
import { RawClient } from './support/client.js'
import { transports } from './support/server.js'

/** Worker threads over one memory: made here, so that there may be more of them than cores. */

const MORTAL = fileURLToPath(new URL('fixtures/mortal-engine.mjs', import.meta.url))
const WORKERS = 4

describe.each(transports)('worker threads over %s', transport => {
  const servers: Server[] = []

  async function start (options: object = {}): Promise<Server> {
    const server = await createServer({
      engine: 'slab', port: 0, threads: WORKERS, transport, ...options
    })
    servers.push(server)
    return server
  }

  const connect = (server: Server, count: number): Promise<RawClient[]> =>
    Promise.all(Array.from({ length: count }, () => RawClient.connect(server.port)))

  const ask = async (client: RawClient, request: string, size: number): Promise<string> => {
    client.send(request)
    return (await client.untilSize(size)).toString('latin1')
  }

  afterEach(async () => {
    await Promise.all(servers.splice(0).map(server => server.close()))
  })

  test.each(['slab', 'malloc'])('%s counts exactly whoever increments', async engine => {
    const server = await start({ engine })
    const clients = await connect(server, 16)
    expect(await ask(clients[0], 'set n 0 0 1\r\n0\r\n', 8)).toBe('STORED\r\n')
    const bunch = 'incr n 1 noreply\r\n'.repeat(500)
    await Promise.all(clients.map(async client => {
      for (let i = 0; i < 10; i++) client.send(bunch)
      await ask(client, 'version\r\n', 16)
    }))
    expect(await ask(clients[3], 'get n\r\n', 24)).toBe('VALUE n 0 5\r\n80000\r\nEND\r\n')
  }, 60_000)

  test('of racing cas exactly one is stored', async () => {
    const server = await start()
    const clients = await connect(server, 8)
    for (let round = 0; round < 200; round++) {
      await ask(clients[0], 'set k 0 0 1\r\na\r\n', 8)
      const cas = /VALUE k 0 1 (\d+)/.exec(await ask(clients[0], 'gets k\r\n', 23))?.[1] ?? ''
      const replies = await Promise.all(clients.map(client =>
        ask(client, `cas k 0 0 1 ${cas}\r\nb\r\n`, 8)))
      expect(replies.filter(reply => reply === 'STORED\r\n')).toHaveLength(1)
      expect(replies.filter(reply => reply === 'EXISTS\r\n')).toHaveLength(clients.length - 1)
    }
  }, 60_000)

  test.each(['slab', 'malloc'])('%s has exactly one reader make an item anew', async engine => {
    const server = await start({ engine })
    const clients = await connect(server, 16)
    const wins = async (request: string): Promise<string[]> => {
      const replies = await Promise.all(clients.map(async client => {
        client.send(`${request}\r\nmn\r\n`)
        await client.until(() => client.peek().includes('MN\r\n'))
        return client.take().toString('latin1')
      }))
      return replies.map(reply => reply.replace(/^HD |\r\nMN\r\n$/g, '')).sort()
    }
    const [first] = clients
    const one = (winner: string, loser: string): string[] =>
      [winner, ...clients.slice(1).map(() => loser)].sort()
    for (let round = 0; round < 50; round++) {
      expect(await wins(`mg made${round} N30`)).toEqual(one('W', 'Z'))
      expect(await ask(first, 'ms a 1 T100\r\na\r\n', 4)).toBe('HD\r\n')
      expect(await wins('mg a R3000')).toEqual(one('W', 'Z'))
      expect(await ask(first, 'md a I\r\n', 4)).toBe('HD\r\n')
      expect(await wins('mg a')).toEqual(one('X W', 'Z X'))
    }
  }, 60_000)

  test('connections are spread, listed and limited over all of them', async () => {
    const server = await start({ maxConnections: 10 })
    const clients = await connect(server, 10)
    await Promise.all(clients.map(client => ask(client, 'version\r\n', 16)))
    const refused = await RawClient.connect(server.port)
    expect((await refused.untilClosed()).toString()).toBe('ERROR Too many open connections\r\n')
    const stats = await server.stats()
    expect(stats['curr_connections']).toBe('10')
    expect(stats['rejected_connections']).toBe('1')
    expect(stats['threads']).toBe(String(WORKERS))
    const listed = Object.keys(await server.stats('conns')).filter(name =>
      name.endsWith(':listen_addr'))
    expect(listed).toHaveLength(10)
    clients[0].close()
    await untilConnections(server, 9)
    const [next] = await connect(server, 1)
    expect(await ask(next, 'version\r\n', 16)).toMatch(/^VERSION/)
  }, 60_000)

  test('verbosity, flush_all with a delay and stats reset hold for all', async () => {
    const server = await start()
    const [one, two] = await connect(server, 2)
    await ask(one, 'set k 0 0 1\r\na\r\n', 8)
    expect(await ask(one, 'flush_all 1\r\n', 4)).toBe('OK\r\n')
    expect(await ask(two, 'get k\r\n', 5)).toContain('VALUE')
    await new Promise(resolve => setTimeout(resolve, 2500))
    expect(await ask(two, 'get k\r\n', 5)).toBe('END\r\n')
    expect(await ask(two, 'stats reset\r\n', 7)).toBe('RESET\r\n')
    expect((await server.stats())['cmd_get']).toBe('0')
  }, 60_000)

  test('one that dies takes its own connections with it and is replaced', async () => {
    const server = await start({ engine: MORTAL, threads: 2 })
    const [doomed, other] = await connect(server, 2)
    expect(await ask(other, 'set k 0 0 1\r\na\r\n', 8)).toBe('STORED\r\n')
    doomed.send('get die\r\n')
    await doomed.untilClosed()
    expect(await ask(other, 'get k\r\n', 19)).toBe('VALUE k 0 1\r\na\r\nEND\r\n')
    await untilConnections(server, 1)
    const clients = await connect(server, 4)
    const replies = await Promise.all(clients.map(client => ask(client, 'get k\r\n', 19)))
    expect(new Set(replies)).toEqual(new Set(['VALUE k 0 1\r\na\r\nEND\r\n']))
  }, 60_000)

  test('one that dies leaves no connection open that it was handed and never took', async () => {
    const server = await start({ engine: MORTAL, threads: 2 })
    const [doomed, other] = await connect(server, 2)
    doomed.send('get linger\r\n')
    await doomed.until(() => doomed.size > 0)
    const later = await connect(server, 20)
    await doomed.untilClosed()
    for (const client of later) client.send('version\r\n')
    await Promise.all(later.map(client => client.until(() => client.size > 0)))
    const lost = later.filter(client => client.closed)
    expect(lost.length).toBeGreaterThanOrEqual(9)
    expect(lost.length).toBeLessThanOrEqual(11)
    expect(await ask(other, 'version\r\n', 16)).toMatch(/^VERSION/)
    await untilConnections(server, 1 + later.length - lost.length)
  }, 60_000)

  test('an engine that is not shared gets one thread, and the log says so', async () => {
    const lines: string[] = []
    const server = await start({
      engine: 'map', log: (_: string, message: string) => { lines.push(message) }
    })
    expect(lines.join('\n')).toContain(
      'one thread serves in place of 4: the engine map is not shared between threads')
    expect((await server.stats())['threads']).toBe('1')
  })
})

async function untilConnections (server: Server, count: number): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if ((await server.stats())['curr_connections'] === String(count)) return
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  throw new Error(`there are not ${count} connections`)
}
