import { createServer, type Server, type ServerOptions } from '@memplug/server'
import { NEVER_ANSWERED, UDP_DATAGRAM } from '@memplug/transport/udp'
import { RawClient } from './support/client.js'
import { DatagramClient } from './support/datagrams.js'
import { frame, Opcode, readReplies, uint32s } from './support/frames.js'

const servers: Server[] = []
const clients: (DatagramClient | RawClient)[] = []
afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  await Promise.all(servers.splice(0).map(server => server.close()))
})

async function start (options: ServerOptions = {}): Promise<Server> {
  const server = await createServer({ port: 0, udpPort: -1, ...options })
  servers.push(server)
  return server
}

const udpPortOf = (server: Server): number => Number(server.udpAddresses[0].split(':')[1])

async function bind (server: Server, from = 0): Promise<DatagramClient> {
  const client = await DatagramClient.bind(udpPortOf(server), from)
  clients.push(client)
  return client
}

async function connect (server: Server): Promise<RawClient> {
  const client = await RawClient.connect(server.port)
  clients.push(client)
  return client
}

const set = (key: string, value: string): string =>
  `set ${key} 0 0 ${value.length}\r\n${value}\r\n`
const hit = (key: string, value: string): string =>
  `VALUE ${key} 0 ${value.length}\r\n${value}\r\nEND\r\n`

describe.each([1, 4])('UDP beside %d threads', threads => {
  test.each(['slab', 'malloc'])('what one way in stores the other finds: %s', async engine => {
    const server = await start({ engine, threads })
    const [datagrams, stream] = [await bind(server), await connect(server)]
    expect(await datagrams.ask(set('a', 'over udp'))).toBe('STORED\r\n')
    expect(await stream.text('get a\r\n')).toBe(hit('a', 'over udp'))
    expect(await stream.text(set('b', 'over tcp'))).toBe('STORED\r\n')
    expect(await datagrams.ask('get b\r\n')).toBe(hit('b', 'over tcp'))
  })

  test('a long reply comes in numbered datagrams of the request they answer', async () => {
    const server = await start({ threads })
    const client = await bind(server)
    const value = 'abcdefghij'.repeat(3000)
    const stream = await connect(server)
    await stream.text(set('long', value))
    const datagrams = await client.datagrams('get long\r\n')
    const size = hit('long', value).length
    const total = Math.ceil(size / (UDP_DATAGRAM - 8))
    expect(datagrams).toHaveLength(total)
    expect(datagrams.map(datagram => datagram.subarray(0, 8).toString('hex'))).toEqual(
      datagrams.map((_, sequence) =>
        Buffer.from([0, 1, 0, sequence, 0, total, 0, 0]).toString('hex')))
    expect(datagrams.slice(0, -1).every(({ length }) => length === UDP_DATAGRAM)).toBe(true)
    expect(await client.ask('get long\r\n')).toBe(hit('long', value))
  })

  test('requests in one datagram are answered in their order, in one sequence', async () => {
    const client = await bind(await start({ threads }))
    const requests = Array.from({ length: 20 }, (_, i) => `${set(`k${i}`, `v${i}`)}get k${i}\r\n`)
    expect(await client.ask(requests.join(''))).toBe(
      requests.map((_, i) => `STORED\r\n${hit(`k${i}`, `v${i}`)}`).join(''))
  })
})

describe('a datagram', () => {
  test('may be of the binary protocol', async () => {
    const client = await bind(await start())
    const store = frame({ opcode: Opcode.Set, key: 'a', value: 'x', extras: uint32s(0, 0) })
    const get = frame({ opcode: Opcode.Get, key: 'a', opaque: 9 })
    const reply = await client.ask(Buffer.concat([store, get]))
    const replies = readReplies(Buffer.from(reply, 'latin1'))
    expect(replies).toMatchObject([
      { opcode: Opcode.Set, status: 0 }, { opcode: Opcode.Get, status: 0, opaque: 9 }
    ])
    expect(replies[1].value.toString()).toBe('x')
  })

  test('that is cut short costs the next one nothing', async () => {
    const server = await start()
    const [first, second] = [await bind(server), await bind(server)]
    for (const cut of ['set a 0 0 100\r\nnot all', 'set a 0 0 5\r\n', 'get ', 'g', '\x80\x01\0']) {
      first.send(cut)
      expect(await second.ask('get a\r\n')).toBe('END\r\n')
    }
  })

  test('that is one of several is not answered, nor one without a request', async () => {
    const client = await bind(await start())
    for (const total of [0, 2, 65535]) client.send('version\r\n', total)
    for (const size of [0, 1, 7, 8]) client.raw(Buffer.alloc(size, 1))
    client.send(`${set('quiet', '1').replace('1\r', '1 noreply\r')}`)
    client.send('quit\r\n')
    const id = client.send('version\r\n')
    expect((await client.receive()).readUInt16BE(0)).toBe(id)
  })

  test('that looks like a reply is not answered, lest two servers answer each other', async () => {
    const client = await bind(await start())
    for (const reply of ['ERROR\r\n', 'VALUE a 0 1\r\nx\r\nEND\r\n', '\x81\0\0\0']) {
      client.send(Buffer.from(reply, 'latin1'))
    }
    const id = client.send('version\r\n')
    expect((await client.receive()).readUInt16BE(0)).toBe(id)
  })

  test.each(['watch', 'lru_crawler metadump all', 'lru_crawler mgdump all'])(
    'can\'t ask for what goes on for long: %s', async command => {
      const client = await bind(await start())
      expect(await client.ask(`${command}\r\n`)).toBe('ERROR\r\n')
    })

  test('whose reply would be too long gets an error in place of it', async () => {
    const server = await start({ udpReplyLimit: 65536 })
    const [client, stream] = [await bind(server), await connect(server)]
    const value = 'x'.repeat(1_000_000)
    await stream.text(set('huge', value))
    expect(await client.ask('get huge\r\n')).toBe('SERVER_ERROR reply too large for UDP\r\n')
    const get = frame({ opcode: Opcode.Get, key: 'huge', opaque: 7 })
    expect(readReplies(Buffer.from(await client.ask(get), 'latin1')))
      .toMatchObject([{ opcode: Opcode.Get, status: 3, opaque: 7 }])
    expect(await stream.text('get huge\r\n')).toBe(hit('huge', value))
  })

  test('counts as no connection', async () => {
    const server = await start()
    const client = await bind(server)
    for (let i = 0; i < 10; i++) await client.ask('version\r\n')
    expect(await server.stats()).toMatchObject({ curr_connections: '0', total_connections: '0' })
    expect(JSON.stringify(await server.stats('conns'))).not.toContain('listen_addr')
  })
})

test('an address gets no more in a second than it may', async () => {
  const server = await start({ udpReplyRate: 1000 })
  const client = await bind(server)
  const stream = await connect(server)
  await stream.text(set('a', 'x'.repeat(900)))
  expect(await client.ask('get a\r\n')).toBe(hit('a', 'x'.repeat(900)))
  // The rest of the second is silence; when it is over, somebody answers again.
  let id = 0
  const again = client.receive()
  const timer = setInterval(() => { id = client.send('get a\r\n') }, 20)
  const datagram = await again
  clearInterval(timer)
  expect(datagram.readUInt16BE(0)).toBeLessThanOrEqual(id)
  expect(datagram.readUInt16BE(0)).toBeGreaterThan(10)
})

test('a datagram from a port of forgers is not answered', async () => {
  const server = await start()
  const canary = await bind(server)
  const tried: number[] = []
  for (const port of NEVER_ANSWERED) {
    if (port === 0) continue
    // Some are in use, or nobody's but root's.
    const forger = await bind(server, port).catch(() => undefined)
    if (forger === undefined) continue
    tried.push(port)
    const first = forger.receive()
    forger.send('version\r\n')
    // What would have been sent lies there before this does.
    expect(await canary.ask('version\r\n')).toBe('VERSION 1.6.45\r\n')
    canary.socket.send('ping', port, '127.0.0.1')
    expect((await first).toString()).toBe('ping')
  }
  expect(tried).not.toEqual([])
})

test('10,000 hostile datagrams hurt nobody', async () => {
  const server = await start({ udpReplyRate: Infinity })
  const [enemy, canary] = [await bind(server), await bind(server)]
  expect(await canary.ask(set('canary', 'sings'))).toBe('STORED\r\n')
  let seed = 1
  const random = (below: number): number => {
    seed = Math.imul(seed, 48271) >>> 0
    return seed % below
  }
  const starts = ['get ', 'set a 0 0 ', 'gat 0 ', 'stats', 'incr a ', 'delete a', 'quit\r\n',
    'verbosity 1', '\x80\x01\0\x04', '\x80\0\xff\xff', '\x80\x21\0\x05', 'watch\n']
  for (let i = 0; i < 10_000; i++) {
    const junk = Buffer.from(Array.from({ length: random(60) }, () => random(256)))
    const bytes = Buffer.concat([Buffer.from(starts[random(starts.length)], 'latin1'), junk])
    if (random(4) === 0) enemy.raw(bytes)
    else enemy.send(random(3) === 0 ? junk : bytes)
    // More at a time, and the system has no room for the canary's.
    if (i % 100 === 99) expect(await canary.ask('get canary\r\n')).toBe(hit('canary', 'sings'))
  }
  const stream = await connect(server)
  expect(await stream.text('get canary\r\n')).toBe(hit('canary', 'sings'))
})

test('a port that is taken is told as such', async () => {
  const server = await start()
  await expect(createServer({ port: 0, udpPort: udpPortOf(server) }))
    .rejects.toMatchObject({ code: 'EADDRINUSE', syscall: 'bind' })
})

test('UDP and authentication exclude each other', async () => {
  await expect(createServer({ port: 0, udpPort: -1, authFile: '/nowhere' }))
    .rejects.toThrow('Cannot use UDP with ascii authentication enabled')
  await expect(createServer({ port: 0, udpPort: -1, saslFile: '/nowhere' }))
    .rejects.toThrow('Cannot enable UDP while using binary SASL authentication')
})
