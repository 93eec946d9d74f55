import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import {
  connect as connectTls, Server as TlsServer, type ConnectionOptions, type TLSSocket
} from 'node:tls'
import { jest } from '@jest/globals'
import { createServer, type Server, type ServerOptions, type TlsOptions } from '@memplug/server'
import { RawClient, show } from './support/client.js'
import { Folder, killAll, run, start as startExecutable } from './support/executable.js'
import { frame, Opcode, readReplies, uint32s } from './support/frames.js'
import { describeWith, isInstalled } from './support/peer.js'

const folder = new Folder()
const file = (name: string): string => folder.join(name)
const openssl = (...args: string[]): void => { execFileSync('openssl', args, { stdio: 'ignore' }) }
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

/** A certificate NAME.pem and its key NAME.key; by itself, or by the one that `ca` names. */
function certify (name: string, ca?: string): void {
  const subject = ['-keyout', file(`${name}.key`), '-subj', `/CN=${name}`]
  if (ca === undefined) {
    openssl('req', '-x509', '-days', '3650', ...KEY, ...subject, '-out', file(`${name}.pem`))
    return
  }
  openssl('req', ...KEY, ...subject, '-out', file(`${name}.csr`))
  openssl('x509', '-req', '-days', '3650', '-in', file(`${name}.csr`), '-out', file(`${name}.pem`),
    '-CA', file(`${ca}.pem`), '-CAkey', file(`${ca}.key`), '-CAcreateserial')
}

const PEERS = ['openssl']
const servers: Server[] = []
const clients: RawClient[] = []
beforeAll(() => {
  if (!isInstalled('openssl')) return
  for (const name of ['first', 'second', 'authority', 'stranger']) certify(name)
  certify('friend', 'authority')
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  await Promise.all(servers.splice(0).map(server => server.close()))
})
afterAll(() => {
  killAll()
  folder.remove()
})

const FIRST = { cert: file('first.pem'), key: file('first.key') }

async function start (tls: Partial<TlsOptions> = {}, options: ServerOptions = {}): Promise<Server> {
  const server = await createServer({ port: 0, tls: { ...FIRST, ...tls }, ...options })
  servers.push(server)
  return server
}

/** Settles when the handshake is over; rejects if it fails. */
async function connect (port: number, options: ConnectionOptions = {}): Promise<RawClient> {
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
  const client = new RawClient(socket)
  clients.push(client)
  await once(socket, 'secureConnect')
  return client
}

async function connectPlain (port: number): Promise<RawClient> {
  const client = await RawClient.connect(port)
  clients.push(client)
  return client
}

/** Settles when only so many connections are left. */
async function untilLeft (server: Server, count: number): Promise<void> {
  while ((await server.stats())['curr_connections'] !== String(count)) {
    await new Promise(resolve => setImmediate(resolve))
  }
}

const nameOf = (client: RawClient): unknown =>
  (client.socket as TLSSocket).getPeerCertificate().subject.CN
const pairOf = (name: string): ConnectionOptions =>
  ({ cert: readFileSync(file(`${name}.pem`)), key: readFileSync(file(`${name}.key`)) })
const set = (key: string, value: string): string =>
  `set ${key} 0 0 ${value.length}\r\n${value}\r\n`
const hit = (key: string, value: string): string =>
  `VALUE ${key} 0 ${value.length}\r\n${value}\r\nEND\r\n`

describeWith(PEERS, 'TLS', () => describe.each([
  { threads: 1, transport: 'net' }, { threads: 1, transport: 'auto' },
  { threads: 4, transport: 'net' }, { threads: 4, transport: 'auto' }
] as const)('$threads threads over $transport', options => {
  test.each(['slab', 'malloc'])('serves text and binary, pipelined: %s', async engine => {
    const { port } = await start({}, { engine, ...options })
    const [text, binary] = [await connect(port), await connect(port)]
    const requests = Array.from({ length: 500 }, (_, i) => `${set(`k${i}`, `v${i}`)}get k${i}\r\n`)
    expect(await text.text(requests.join(''))).toBe(
      requests.map((_, i) => `STORED\r\n${hit(`k${i}`, `v${i}`)}`).join(''))
    const frames = Array.from({ length: 500 }, (_, i) => [
      frame({ opcode: Opcode.SetQ, key: `b${i}`, value: 'x', extras: uint32s(0, 0) }),
      frame({ opcode: Opcode.Get, key: `b${i}`, opaque: i })
    ]).flat()
    const replies = readReplies(await binary.binary(Buffer.concat(frames)))
    expect(replies.map(({ opaque, value }) => `${opaque} ${value.toString()}`))
      .toEqual(Array.from({ length: 500 }, (_, i) => `${i} x`))
  })

  test('carries large values both ways, and waits for a reader who waits', async () => {
    const server = await start({}, { maxItemSize: 2 << 20, memoryLimit: 128 << 20, ...options })
    const client = await connect(server.port)
    const value = Buffer.alloc(1_900_000, 'memplug ').toString('latin1')
    expect(await client.text(set('big', value))).toBe('STORED\r\n')
    client.socket.pause()
    // Far more than the sockets between them take.
    client.send('get big\r\n'.repeat(20))
    const other = await connect(server.port)
    expect(await other.text(set('small', '1') + 'get small\r\n'))
      .toBe(`STORED\r\n${hit('small', '1')}`)
    client.socket.resume()
    const replies = await client.untilSize(20 * value.length + 20 * 'VALUE big 0 1900000'.length)
    expect(replies.toString('latin1', 0, hit('big', value).length)).toBe(hit('big', value))
    await client.text('')
    client.send('get big\r\n')
    expect((await client.untilSize(hit('big', value).length)).toString('latin1'))
      .toBe(hit('big', value))
  })

  test('gives new connections new certificates, and old ones keep theirs', async () => {
    const tls = { cert: file('live.pem'), key: file('live.key') }
    const install = (name: string): void => {
      for (const end of ['pem', 'key']) copyFileSync(file(`${name}.${end}`), file(`live.${end}`))
    }
    install('first')
    const server = await start(tls, options)
    const old = await connect(server.port)
    install('second')
    expect(nameOf(await connect(server.port))).toBe('first')
    expect(await old.text('refresh_certs\r\n')).toBe('OK\r\n')
    expect(nameOf(await connect(server.port))).toBe('second')
    writeFileSync(file('live.pem'), 'nonsense')
    expect(await old.text('refresh_certs\r\n'))
      .toBe(`Error loading the certificate chain: ${tls.cert} : no start line\r\n`)
    expect(server.reload()).toBe(false)
    expect(nameOf(await connect(server.port))).toBe('second')
    copyFileSync(file('first.pem'), file('live.pem'))
    expect(await old.text('refresh_certs\r\n')).toMatch(/^Error loading the key: .*mismatch/)
    install('first')
    expect(server.reload()).toBe(true)
    expect(nameOf(await connect(server.port))).toBe('first')
    expect(await old.text('mn\r\n')).toBe('MN\r\n')
  })

  test('shows one who watches what others do, who come without it', async () => {
    const server = await start({}, { listen: ['127.0.0.1', 'notls:127.0.0.1'], ...options })
    const [secure, plain] = server.addresses.map(name => Number(name.split(':')[1]))
    const watcher = await connect(secure)
    watcher.send('watch mutations\n')
    await watcher.untilSize('OK\r\n'.length)
    const keys = [1, 2, 3, 4, 5].map(n => `k${n}`)
    for (const key of keys) {
      expect(await (await connectPlain(plain)).text(set(key, 'x'))).toBe('STORED\r\n')
    }
    const told = () => watcher.peek().toString().match(/(?<= key=)\S+/g) ?? []
    await watcher.until(() => told().length >= keys.length)
    expect(told().sort()).toEqual(keys)
  })

  test('is plain where an address says so, and asks for certificates where one does', async () => {
    const server = await start({ ca: file('authority.pem') },
      { listen: ['notls:127.0.0.1', 'mtls:127.0.0.1', 'btls:127.0.0.1'], ...options })
    const [plain, mutual, basic] = server.addresses.map(name => Number(name.split(':')[1]))
    const direct = await connectPlain(plain)
    expect(await direct.text(set('a', 'plain'))).toBe('STORED\r\n')
    expect(await (await connect(basic)).text('get a\r\n')).toBe(hit('a', 'plain'))
    expect(await (await connect(mutual, pairOf('friend'))).text('get a\r\n'))
      .toBe(hit('a', 'plain'))
    for (const stranger of [{}, pairOf('stranger')]) {
      const client = await connect(mutual, stranger).catch(() => null)
      // In TLS 1.3 the client is through before the server has looked.
      client?.send('get a\r\n')
      expect(client === null ? '""' : show(await client.untilClosed())).toBe('""')
    }
    // A reply's end that the other tests wait for would set the counters to 0.
    direct.send('stats\r\n')
    await direct.until(() => direct.peek().toString().endsWith('END\r\n'))
    const told = direct.take().toString()
    expect(told).toMatch(/STAT ssl_handshake_errors 2\r\n/)
    expect(told).toMatch(/STAT time_since_server_cert_refresh \d\r\n/)
    expect(await direct.text('refresh_certs\r\n')).toBe('OK\r\n')
    expect((await server.stats('conns'))['1:addr']).toBe(`tcp:127.0.0.1:${plain}`)
  })
}))

describeWith(PEERS, 'a client of a TLS port', () => {
  test('has its handshake begun when it speaks, not when it comes, and few at a time', async () => {
    const server = await start()
    const emit = jest.spyOn(TlsServer.prototype, 'emit')
    const begun = () => (emit.mock.calls as unknown[][])
      .filter(([event]) => event === 'connection').length
    const count = 40
    const early = await Promise.all(Array.from({ length: count }, () => connectPlain(server.port)))
    await untilLeft(server, count)
    const first = await connect(server.port)
    expect(begun()).toBe(1)
    let most = 0
    const watch = () => {
      const before = begun()
      setImmediate(() => {
        most = Math.max(most, begun() - before)
        if (begun() <= count) watch()
      })
    }
    watch()
    // None of these is a hello, but that is found where a handshake begins.
    for (const client of early) client.send('get a\r\n')
    await Promise.all(early.map(client => client.untilClosed()))
    expect(await first.text('mn\r\n')).toBe('MN\r\n')
    expect(begun()).toBe(count + 1)
    expect(most).toBeLessThanOrEqual(8)
    emit.mockRestore()
  })

  test('that says something else costs its own connection only', async () => {
    const server = await start()
    const canary = await connect(server.port)
    const watcher = await connect(server.port)
    watcher.send('watch connevents\n')
    await watcher.untilSize('OK\r\n'.length)
    for (const bytes of ['get a\r\n', 'GET / HTTP/1.1\r\n\r\n', '\x80'.repeat(100),
      '\x16\x03\x01\xff\xff' + 'x'.repeat(70_000), '\0']) {
      const client = await connectPlain(server.port)
      client.send(bytes)
      client.socket.end()
      await client.untilClosed()
    }
    expect((await server.stats())['ssl_handshake_errors']).toBe('5')
    await watcher.until(() => watcher.peek().toString().match(/\n/g)?.length === 5)
    expect(watcher.take().toString())
      .toMatch(/^(ts=\S+ gid=\d+ type=conntlserr fd=-1 msg=.+\n){5}$/)
    watcher.close()
    expect(await canary.text('mn\r\n')).toBe('MN\r\n')
    await untilLeft(server, 1)
  })

  test('that talks for too long before it has said who it is is cut off', async () => {
    const server = await start({ handshakeTimeout: 100 })
    const client = await connectPlain(server.port)
    // A byte at a time is no excuse.
    const hello = Buffer.concat([Buffer.from([22, 3, 1, 1, 0]), Buffer.alloc(300)])
    let sent = 0
    const timer = setInterval(() => { client.send(hello.subarray(sent, ++sent)) }, 20)
    await client.untilClosed()
    clearInterval(timer)
    expect(sent).toBeLessThan(300)
    await untilLeft(server, 0)
  })

  test('counts against -c from its first byte on', async () => {
    const server = await start({}, { maxConnections: 1 })
    const first = createConnection(server.port, '127.0.0.1')
    await once(first, 'connect')
    const second = await connectPlain(server.port)
    expect((await second.untilClosed()).toString()).toBe('ERROR Too many open connections\r\n')
    first.destroy()
    let client: RawClient | null = null
    while (client === null) client = await connect(server.port).catch(() => null)
    expect(await client.text('mn\r\n')).toBe('MN\r\n')
  })

  test('may not renegotiate', async () => {
    const { port } = await start()
    const client = await connect(port, { maxVersion: 'TLSv1.2' })
    const error = await new Promise<Error | null>(resolve => {
      client.socket.on('error', resolve);
      (client.socket as TLSSocket).renegotiate({ rejectUnauthorized: false }, resolve)
    })
    expect(error).not.toBeNull()
    expect(await (await connect(port)).text('mn\r\n')).toBe('MN\r\n')
  })

  test('that leaves in the middle of a value leaves no connection behind', async () => {
    const server = await start()
    for (let i = 0; i < 20; i++) {
      const client = await connect(server.port)
      client.send('set a 0 0 100000\r\nbegun')
      client.socket.destroy()
    }
    const canary = await connect(server.port)
    await untilLeft(server, 1)
    expect(await canary.text('mn\r\n')).toBe('MN\r\n')
  })

  test('logs in where there are users', async () => {
    writeFileSync(file('users'), 'foo:bar\n')
    const { port } = await start({}, { authFile: file('users') })
    const client = await connect(port)
    client.send('set a 0 0 7\r\nfoo bar\r\nget a\r\n')
    expect((await client.untilSize(13)).toString()).toBe('STORED\r\nEND\r\n')
  })
})

describeWith(PEERS, 'a TLS port', () => {
  test('takes a version that is new enough', async () => {
    const { port } = await start({ minVersion: 'TLSv1.3' })
    await expect(connect(port, { maxVersion: 'TLSv1.2' })).rejects.toThrow()
    expect(await (await connect(port)).text('mn\r\n')).toBe('MN\r\n')
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('resumes sessions if asked to: %s', async version => {
    const resumed = async (server: Server): Promise<boolean[]> => {
      let session: Buffer | undefined
      const found: boolean[] = []
      for (let i = 0; i < 2; i++) {
        const client = await connect(server.port,
          { minVersion: version, maxVersion: version, ...(session && { session }) })
        client.socket.on('session', (given: Buffer) => { session = given })
        session ??= (client.socket as TLSSocket).getSession()
        expect(await client.text('mn\r\n')).toBe('MN\r\n')
        found.push((client.socket as TLSSocket).isSessionReused())
      }
      return found
    }
    expect(await resumed(await start())).toEqual([false, false])
    const caching = await start({ sessionCache: true })
    expect(await resumed(caching)).toEqual([false, true])
    expect(await caching.stats()).toHaveProperty('ssl_new_sessions')
  })

  test('asks for a certificate that is good, if it asks for one that may be missing', async () => {
    const { port } = await start({ verifyMode: 1, ca: file('authority.pem') })
    for (const allowed of [{}, pairOf('friend')]) {
      expect(await (await connect(port, allowed)).text('mn\r\n')).toBe('MN\r\n')
    }
    const client = await connect(port, pairOf('stranger'))
    client.send('mn\r\n')
    expect(show(await client.untilClosed())).toBe('""')
  })

  test("tells three statistics more than without TLS, as memcached's stats.t wants", async () => {
    const server = await start({}, { engine: 'slab' })
    const client = await connect(server.port)
    const lines = (await client.text('stats\r\n')).split('\r\n')
    const plain = await createServer({ port: 0, engine: 'slab' })
    servers.push(plain)
    const others = (await (await connectPlain(plain.port)).text('stats\r\n')).split('\r\n')
    const names = new Set(others.map(line => line.split(' ')[1]))
    expect(lines.map(line => line.split(' ')[1]).filter(name => !names.has(name))).toEqual([
      'ssl_handshake_errors', 'ssl_proto_errors', 'time_since_server_cert_refresh'
    ])
    expect(lines.length).toBe(others.length + 3)
  })

  test('takes certificates as text, and tells nobody the key', async () => {
    const server = await start(
      { cert: readFileSync(FIRST.cert, 'utf8'), key: readFileSync(FIRST.key, 'utf8') })
    expect(nameOf(await connect(server.port))).toBe('first')
    expect(await server.stats('settings')).toMatchObject({
      ssl_enabled: 'yes', ssl_chain_cert: '(text)', ssl_key: '(text)'
    })
  })

  test.each([
    [{ cert: '/nowhere' }, 'Error loading the certificate chain: /nowhere : no such file'],
    [{ key: file('second.key') }, 'Error loading the key: '],
    [{ ca: '/nowhere' }, 'Error loading the CA certificate: /nowhere : no such file'],
    [{ ciphers: 'NONSENSE' }, 'Error setting the provided cipher(s): NONSENSE']
  ])('does not open with %j', async (tls, message) => {
    await expect(start(tls)).rejects.toThrow(message)
  })
})

describeWith(PEERS, 'the executable', () => {
  const flags = ['-Z', '-o', `ssl_chain_cert=${FIRST.cert},ssl_key=${FIRST.key}`]

  test('serves TLS, and reads certificates anew on SIGHUP', async () => {
    for (const end of ['pem', 'key']) copyFileSync(file(`first.${end}`), file(`hup.${end}`))
    const server = await startExecutable(
      ['-Z', '-o', `ssl_chain_cert=${file('hup.pem')},ssl_key=${file('hup.key')}`])
    expect(nameOf(await connect(server.port))).toBe('first')
    for (const end of ['pem', 'key']) copyFileSync(file(`second.${end}`), file(`hup.${end}`))
    server.child.kill('SIGHUP')
    await server.logs('SIGHUP')
    let client = await connect(server.port)
    while (nameOf(client) !== 'second') client = await connect(server.port)
    expect(await server.end('SIGTERM')).toBe(0)
  })

  test.each([
    [['-Z'], 64, 'ssl_chain_cert'],
    [['-Z', '-o', 'ssl_chain_cert=/nowhere,ssl_key=/nowhere'], 64, 'Error loading the certificate'],
    [[...flags, '-p', '0'], 64, 'You cannot enable SSL without a TCP port.'],
    [['-l', 'notls:127.0.0.1:0'], 71, "'notls' option is valid only when SSL is enabled"],
    [['-o', 'ssl_verify_mode=4'], 1, 'Invalid ssl_verify_mode'],
    [['-o', 'ssl_min_version=9'], 1, 'Invalid ssl_min_version']
  ])('with %j ends with %d', async (argv, code, message) => {
    const ended = await run(argv)
    expect([ended.code, ended.stderr]).toEqual([code, expect.stringContaining(message)])
  })
})
