import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { Status, type Engine, type Host } from '@memplug/engine'
import { Opcode as O } from '@memplug/protocol'
import { MapEngine } from '@memplug/map'
import { loadAddon } from '@memplug/transport'
import { createServer, type Server, type ServerOptions } from '../src/index.js'
import { checked, late, withFunction } from './support/engines.js'
import { parseReplies, request, u32 } from './support/frames.js'
import { SocketClient } from './support/socket-client.js'

const VERSION = 'VERSION 1.6.45\r\n'

function hasEpoll (): boolean {
  try {
    loadAddon()
    return true
  } catch {
    return false
  }
}

const servers: Server[] = []
const clients: SocketClient[] = []
afterEach(async () => {
  for (const client of clients.splice(0)) client.leave()
  await Promise.all(servers.splice(0).map(server => server.close().catch(() => {})))
})

async function start (options: ServerOptions = {}): Promise<Server> {
  const server = await createServer({ engine: () => new MapEngine(), port: 0, ...options })
  servers.push(server)
  return server
}

async function visit (where: number | string): Promise<SocketClient> {
  const client = await SocketClient.connect(where)
  clients.push(client)
  return client
}

const isRefused = (port: number) => new Promise<boolean>(resolve => {
  const socket = connect(port, '127.0.0.1')
  socket.on('connect', () => { socket.destroy(); resolve(false) })
  socket.on('error', () => { resolve(true) })
})
/** 0 where the system does not tell. */
const openDescriptors = () => existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0

const folder = mkdtempSync(join(tmpdir(), 'memplug-'))
afterAll(() => { rmSync(folder, { recursive: true }) })

describe.each(hasEpoll() ? ['net', 'epoll'] as const : ['net'] as const)('over %s', transport => {
  describe('where it listens', () => {
    test('a free port, if asked for port 0, and 127.0.0.1 alone', async () => {
      const server = await start({ transport })
      expect(server.port).toBeGreaterThan(0)
      expect(server.addresses).toEqual([`127.0.0.1:${server.port}`])
      expect(server.address).toBe(server.addresses[0])
      await (await visit(server.port)).ask('version\r\n', VERSION)
    })

    test('several addresses', async () => {
      const server = await start({ transport, listen: ['127.0.0.1', '127.0.0.1:0'] })
      const ports = server.addresses.map(address => Number(address.split(':').at(-1)))
      expect(new Set(ports).size).toBe(2)
      expect(server.port).toBe(ports[0])
      for (const port of ports) await (await visit(port)).ask('version\r\n', VERSION)
    })

    test('a unix socket, in place of one that was left behind', async () => {
      const path = join(folder, `${transport}:11211`)
      for (let round = 0; round < 2; round++) {
        const server = await start({ transport, socketPath: path, socketMode: 0o700 })
        expect([server.addresses, server.port]).toEqual([[path], 0])
        expect(statSync(path).mode & 0o777).toBe(0o700)
        await (await visit(path)).ask('version\r\n', VERSION)
        await server.close()
      }
    })

    test('a path where something else is, is left alone', async () => {
      const path = join(folder, `${transport}-file`)
      writeFileSync(path, 'precious')
      await expect(start({ transport, socketPath: path })).rejects.toThrow()
      expect(statSync(path).size).toBe(8)
    })

    test('two servers in one process know nothing of each other', async () => {
      const [one, two] = await Promise.all([start({ transport }), start({ transport })])
      const [a, b] = await Promise.all([visit(one.port), visit(two.port)])
      await a.ask('set k 0 0 1\r\nx\r\n', 'STORED\r\n')
      await b.ask('get k\r\n', 'END\r\n')
      expect((await one.stats())['cmd_set']).toBe('1')
      expect((await two.stats())['cmd_set']).toBe('0')
      await one.close()
      await b.ask('version\r\n', VERSION)
    })
  })

  describe('what fails to start leaves nothing behind', () => {
    const failures: [string, () => Engine, string][] = [
      ['that can\'t be made', () => { throw new Error('no disk') }, 'no disk'],
      ['that throws', () => withFunction(new MapEngine(), 'initialize', () => {
        throw new Error('no disk')
      }), 'no disk'],
      ['that rejects', () => withFunction(new MapEngine(), 'initialize', async () => {
        await turn()
        throw new Error('no disk')
      }), 'no disk'],
      ['that answers so', () => withFunction(new MapEngine(), 'initialize',
        () => Status.NO_MEMORY), 'starting the engine: it answered NO_MEMORY'],
      ['that answers nonsense', () => withFunction(new MapEngine(), 'initialize',
        () => 'fine'), 'starting the engine: it answered fine'],
      ['whose getInfo throws', () => withFunction(new MapEngine(), 'getInfo', () => {
        throw new Error('who am I')
      }), 'who am I']
    ]

    test.each(failures)('an engine %s', async (_, engine, message) => {
      const port = await start({ transport }).then(async server => {
        await server.close()
        return server.port
      })
      await turn()
      const before = openDescriptors()
      for (let round = 0; round < 3; round++) {
        await expect(start({ transport, engine, port })).rejects.toThrow(message)
      }
      await turn()
      expect(openDescriptors()).toBeLessThanOrEqual(before)
      expect(await isRefused(port)).toBe(true)
    })

    test('a port that is taken: the engine is destroyed', async () => {
      const { port } = await start({ transport })
      const destroyed: number[] = []
      const engine = () => withFunction(new MapEngine(), 'destroy', () => {
        destroyed.push(port)
        return Status.SUCCESS
      })
      await expect(start({ transport, engine, port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
      expect(destroyed).toEqual([port])
    })

    test('the second of two addresses: the first is given up', async () => {
      const { port } = await start({ transport })
      const free = await start({ transport })
      await free.close()
      await expect(start({
        transport, listen: [`127.0.0.1:${free.port}`, `127.0.0.1:${port}`]
      })).rejects.toMatchObject({ code: 'EADDRINUSE' })
      expect(await isRefused(free.port)).toBe(true)
    })

    test('an address that is none: no engine is made', async () => {
      const engine = () => { throw new Error('made') }
      await expect(start({ transport, engine, listen: ['127.0.0.1:x'] }))
        .rejects.toThrow("'127.0.0.1:x' is no address to listen on")
    })
  })

  describe('close', () => {
    test('once or twice, it stops listening and destroys the engine once', async () => {
      let destroyed = 0
      const server = await start({
        transport,
        engine: () => withFunction(new MapEngine(), 'destroy', () => {
          destroyed++
          return Status.SUCCESS
        })
      })
      await Promise.all([server.close(), server.close()])
      await server.close()
      expect(destroyed).toBe(1)
      expect(await isRefused(server.port)).toBe(true)
    })

    test('with clients in the middle of things, nothing is held when the engine ends', async () => {
      for (const engine of [checked(), late()]) {
        const server = await start({ transport, engine: () => engine })
        const value = 'x'.repeat(500_000)
        const seed = await visit(server.port)
        await seed.ask(`set large 0 0 500000\r\n${value}\r\n`, 'STORED\r\n')
        for (const asked of [
          'get large large large\r\n'.repeat(20), 'set a 0 0 500000\r\nxyz', 'get a b c d e\r\n',
          'incr n 1\r\nappend large 0 0 1\r\nx\r\n', 'get '
        ]) {
          const client = await visit(server.port)
          client.pause()
          client.send(asked)
        }
        await seed.ask('version\r\n', VERSION)
        await server.close()
        expect([engine.holds, engine.breaches]).toEqual([0, []])
        await seed.readAll()
      }
    })

    test('waits for promises as long as they may take, and no longer', async () => {
      let destroyedAfter = 0
      const engine = withFunction(late(), 'get', () => new Promise(() => {}))
      const server = await start({
        transport,
        engineTimeout: 100,
        engine: () => withFunction(engine, 'destroy', () => {
          destroyedAfter = performance.now() - started
          return Status.SUCCESS
        })
      })
      const client = await visit(server.port)
      client.send('version\r\nget a\r\n')
      await client.read(VERSION.length)
      const started = performance.now()
      await server.close()
      expect(destroyedAfter).toBeGreaterThan(50)
    })

    test('tells what the engine came to', async () => {
      for (const [destroy, message] of [
        [() => Status.TEMPORARY_FAILURE, 'stopping the engine: it answered TEMPORARY_FAILURE'],
        [() => { throw new Error('torn') }, 'torn']
      ] as const) {
        const server = await start({
          transport, engine: () => withFunction(new MapEngine(), 'destroy', destroy)
        })
        await expect(server.close()).rejects.toThrow(message)
        expect(await isRefused(server.port)).toBe(true)
      }
    })
  })

  describe('limits', () => {
    test('maxConnections is exact, and a place that is left is free', async () => {
      const server = await start({ transport, maxConnections: 2 })
      const [one, two] = [await visit(server.port), await visit(server.port)]
      await one.ask('version\r\n', VERSION)
      await two.ask('version\r\n', VERSION)
      const three = await visit(server.port)
      expect((await three.readAll()).toString()).toBe('ERROR Too many open connections\r\n')
      expect(await server.stats()).toMatchObject({
        curr_connections: '2', rejected_connections: '1', max_connections: '2',
        accepting_conns: '0', total_connections: '2'
      })
      one.leave()
      while ((await server.stats())['curr_connections'] !== '1') await turn()
      await (await visit(server.port)).ask('version\r\n', VERSION)
      await two.ask('version\r\n', VERSION)
    })

    test('keys of up to 65535 bytes in binary, if allowed', async () => {
      const key = 'k'.repeat(65_535)
      const set = request(O.SET, { key, value: 'x', extras: u32(0, 0) })
      const getk = request(O.GETK, { key })
      const allowed = await visit((await start({ transport, maxKeySize: 65_535 })).port)
      allowed.send(Buffer.concat([set, getk, request(O.DELETE, { key }), getk]))
      const replies = parseReplies(await allowed.read(24 + 24 + 5 + 65_535 + 24 + 24 + 65_535))
      expect(replies.map(({ status, key, value }) => [status, key.length, value]))
        .toEqual([[0, 0, ''], [0, 65_535, 'x'], [0, 0, ''], [1, 65_535, '']])
      const refused = await visit((await start({ transport })).port)
      refused.send(set)
      expect(parseReplies(await refused.readAll())).toMatchObject([{ status: 4 }])
    })

    test.each([
      ['all at once', 100_000], ['all at once', 1], ['one by one', 1]
    ])('a client that asks %s and reads late gets every byte, whatever the output limit: %i',
      async (how, outputLimit) => {
        const SIZE = 10_000
        const COUNT = 1500
        const server = await start({ transport, outputLimit })
        const client = await visit(server.port)
        const value = 'v'.repeat(SIZE)
        await client.ask(`set a 0 0 ${SIZE}\r\n${value}\r\n`, 'STORED\r\n')
        client.pause()
        for (let asked = 0; asked < COUNT; asked++) {
          client.send('get a\r\n')
          if (how === 'one by one') await turn()
        }
        client.send('version\r\n')
        for (let turns = 0; turns < 50; turns++) await turn()
        client.resume()
        const expected = `VALUE a 0 ${SIZE}\r\n${value}\r\nEND\r\n`.repeat(COUNT) + VERSION
        expect((await client.read(expected.length)).equals(Buffer.from(expected))).toBe(true)
      })
  })
})

describe('stats()', () => {
  test('tells what the command tells', async () => {
    const server = await start()
    await visit(server.port)
    expect(await server.stats()).toMatchObject({ version: '1.6.45' })
    expect(await server.stats('settings')).toMatchObject({ item_size_max: '1048576' })
    while (Object.keys(await server.stats('conns')).length === 0) await turn()
    const [address] = Object.entries(await server.stats('conns'))
      .filter(([name]) => name.endsWith(':listen_addr')).map(([, value]) => value)
    expect(address).toBe(`tcp:${server.address}`)
    expect(await server.stats('items')).toEqual({})
    expect(await server.stats('reset')).toEqual({})
    await expect(server.stats('bogus')).rejects.toThrow("no statistics named 'bogus'")
  })

  test('rejects if the engine can\'t tell', async () => {
    const engine = () => withFunction(new MapEngine(), 'getStats', () => { throw new Error('no') })
    await expect((await start({ engine })).stats()).rejects.toThrow()
  })
})

describe('the engine', () => {
  test('sees the settings, its config and the time', async () => {
    let host!: Host
    const engine = () => withFunction(new MapEngine(), 'initialize', (given: Host) => {
      host = given
      return Status.SUCCESS
    })
    await start({ engine, engineConfig: { depth: '7' }, maxItemSize: 5, evictions: false })
    expect(host.settings).toMatchObject({
      maxItemSize: 5, evictions: false, maxKeySize: 250, memoryLimit: 64 << 20, cas: true
    })
    expect([host.config, host.thread, host.threads]).toEqual([{ depth: '7' }, 0, 1])
    expect(host.now()).toBeGreaterThanOrEqual(2)
    expect(Math.abs(host.epoch + host.now() - Date.now() / 1000)).toBeLessThan(10)
  })

  test('logs with the server', async () => {
    const lines: unknown[] = []
    const engine = () => withFunction(new MapEngine(), 'initialize', (host: Host) => {
      host.log('warn', 'small disk', 7)
      return Status.SUCCESS
    })
    await start({ engine, log: (...line) => { lines.push(line) } })
    expect(lines).toContainEqual(['warn', 'small disk', 7])
    expect(JSON.stringify(lines)).toContain('listening on 127.0.0.1:')
  })

  test('is found by its name', async () => {
    const server = await start({ engine: 'map', log: undefined as never })
    expect((await server.stats('engine'))['engine']).toBe('map')
    await expect(start({ engine: 'no-such-engine' })).rejects.toThrow('no-such-engine')
  })

  test('that is not shared is served by one thread, and the log says so', async () => {
    const lines: string[] = []
    await start({ threads: 4, log: (_, message) => { lines.push(message) } })
    expect(lines).toContainEqual(
      'one thread serves in place of 4: the engine map is not shared between threads')
  })
})

describe('an engine that never answers', () => {
  const never = () => new Promise(() => {})
  const limits = { engineTimeout: 50, threads: 0 }

  test('stats() of it reject after the engine timeout', async () => {
    const engine = () => withFunction(new MapEngine(), 'getStats', never)
    const server = await start({ engine, ...limits })
    await expect(server.stats()).rejects.toThrow('statistics \'\': no answer in time')
  })

  test('close() of it rejects after the engine timeout', async () => {
    const engine = () => withFunction(new MapEngine(), 'destroy', never)
    const server = await start({ engine, ...limits })
    await expect(server.close()).rejects.toThrow('stopping the engine: no answer in time')
    expect(await isRefused(server.port)).toBe(true)
  })
})
