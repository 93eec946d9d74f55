import { writeFileSync } from 'node:fs'
import type { Server, ServerOptions } from '@memplug/server'
import { show, type RawClient } from './support/client.js'
import { Guarded } from './support/guarded.js'

const guarded = new Guarded()
const USERS = guarded.users
beforeEach(() => { writeFileSync(USERS, 'foo:bar\nbaaaz:quux') })
afterEach(() => guarded.end())
afterAll(() => { guarded.folder.remove() })

const start = (options: ServerOptions): Promise<Server> => guarded.start(options)
const connect = (server: Server): Promise<RawClient> => guarded.connect(server)

/** Sends a request; answers the next `lines` lines. */
async function ask (client: RawClient, request: string, lines = 1): Promise<string> {
  client.send(request)
  await client.until(() => client.peek().toString('latin1').split('\n').length > lines)
  return client.take().toString('latin1')
}

const login = (body: string): string => `set any 0 0 ${body.length}\r\n${body}\r\n`
const UNAUTHENTICATED = 'CLIENT_ERROR unauthenticated\r\n'
const FAILURE = 'CLIENT_ERROR authentication failure\r\n'

describe.each([1, 4])('users of the text protocol, %d threads', threads => {
  test('may do nothing but log in, each connection for itself', async () => {
    const server = await start({ authFile: USERS, threads })
    const [client, other] = [await connect(server), await connect(server)]
    expect(await ask(client, 'get foo\r\n')).toBe(UNAUTHENTICATED)
    expect(await ask(client, login('foo bab'))).toBe(FAILURE)
    expect(await ask(client, login('foo bar'))).toBe('STORED\r\n')
    expect(await ask(client, 'set a 0 0 2\r\nhi\r\n')).toBe('STORED\r\n')
    expect(await ask(other, 'get a\r\n')).toBe(UNAUTHENTICATED)
    expect(await ask(other, login('baaaz quux'))).toBe('STORED\r\n')
    expect(await ask(other, 'get a\r\n', 3)).toBe('VALUE a 0 2\r\nhi\r\nEND\r\n')
    expect(await server.stats()).toMatchObject({ auth_cmds: '3', auth_errors: '1' })
  })

  test('are read anew, but not from a file that is bad', async () => {
    const server = await start({ authFile: USERS, threads })
    const old = await connect(server)
    expect(await ask(old, login('foo bar'))).toBe('STORED\r\n')
    writeFileSync(USERS, 'nobody')
    expect(server.reload()).toBe(false)
    expect(await ask(await connect(server), login('foo bar'))).toBe('STORED\r\n')
    writeFileSync(USERS, '\nnew:one\n\n')
    expect(server.reload()).toBe(true)
    // Workers are told before the connections that are made from now on.
    for (let i = 0; i < 8; i++) {
      const client = await connect(server)
      expect(await ask(client, login('foo bar'))).toBe(FAILURE)
      expect(await ask(client, login('new one'))).toBe('STORED\r\n')
    }
    expect(await ask(old, 'get a\r\n')).toBe('END\r\n')
  })
})

test('who failed on one thread waits on another', async () => {
  const server = await start({ authFile: USERS, threads: 2, authDelay: 400 })
  const [client, other] = [await connect(server), await connect(server)]
  expect(await ask(client, login('foo bab'))).toBe(FAILURE)
  const before = performance.now()
  expect(await ask(other, login('foo bar'))).toBe('STORED\r\n')
  expect(performance.now() - before).toBeGreaterThan(200)
})

describe('logging in over the text protocol', () => {
  const answers: [string, string][] = [
    ['\r\n', UNAUTHENTICATED],
    ['mn\r\n', UNAUTHENTICATED],
    ['quit\r\n', UNAUTHENTICATED],
    ['set a 0 0\r\n', UNAUTHENTICATED],
    ['set a 0 0 x\r\n', UNAUTHENTICATED],
    ['set a 0 0 -1\r\n', UNAUTHENTICATED],
    ['set a 0 0 4294967296\r\n', UNAUTHENTICATED],
    ['add a 0 0 7\r\n', UNAUTHENTICATED],
    ['set a 0 0 2147483646\r\n', 'CLIENT_ERROR auth token too long\r\n'],
    ['set a 0 0 16385\r\n', 'CLIENT_ERROR auth token too long\r\n'],
    [login(''), 'CLIENT_ERROR bad authentication token format\r\n'],
    [login('foobar'), 'CLIENT_ERROR bad authentication token format\r\n'],
    [login('foo bar').replace(/\r\n$/, 'xx'), 'CLIENT_ERROR bad command line termination\r\n'],
    [login('foo ba'), FAILURE],
    [login('fo bar'), FAILURE],
    [login('foob ar'), FAILURE],
    [login('baaaz bar'), FAILURE],
    [login(`foo ${'x'.repeat(16380)}`), FAILURE],
    [login('foo bar') + login('foo bar'), 'STORED\r\nSTORED\r\n'],
    [login('  foo   bar  more '), 'STORED\r\n'],
    // Two requests get two replies, where memcached sends one.
    [login('foo x') + login('foo y'), FAILURE + FAILURE],
    [login('foo x') + 'get a\r\n', FAILURE + UNAUTHENTICATED]
  ]
  test.each(answers)('%j is answered with %j', async (request, reply) => {
    const client = await connect(await start({ authFile: USERS }))
    expect(await ask(client, request, reply.split('\n').length - 1)).toBe(reply)
    expect(await ask(client, login('foo bar'))).toBe('STORED\r\n')
  })

  test('may come a byte at a time, with more behind it', async () => {
    const client = await connect(await start({ authFile: USERS }))
    const request = login('foo bar') + 'set k 0 0 1\r\nx\r\nget k\r\n'
    for (const byte of request) {
      client.send(byte)
      await new Promise(resolve => setImmediate(resolve))
    }
    const reply = 'STORED\r\nSTORED\r\nVALUE k 0 1\r\nx\r\nEND\r\n'
    expect(await ask(client, '', 5)).toBe(reply)
  })

  test.each(['x'.repeat(2049), `get ${'a '.repeat(1100)}`, '\x80\x20' + '\0'.repeat(22)])(
    'is not what a client does that sends %.12j…', async bytes => {
      const client = await connect(await start({ authFile: USERS }))
      client.send(bytes)
      expect(show(await client.untilClosed())).toBe('""')
    })

  test('waits after failures, longer each time, before the answer is looked for', async () => {
    const server = await start({ authFile: USERS, authDelay: 40, authMaxDelay: 100 })
    const client = await connect(server)
    const begin = performance.now()
    for (let i = 0; i < 4; i++) expect(await ask(client, login('foo x'))).toBe(FAILURE)
    // 40 and 80 and 100 milliseconds; another connection of the address waits too.
    expect(performance.now() - begin).toBeGreaterThan(215)
    const other = await connect(server)
    expect(await ask(other, login('foo bar') + 'get a\r\n', 2)).toBe('STORED\r\nEND\r\n')
    expect(performance.now() - begin).toBeGreaterThan(310)
    // A success ends it.
    expect(await ask(client, login('foo bar'))).toBe('STORED\r\n')
  })

  test('a client that leaves while it waits leaves nothing behind', async () => {
    const server = await start({ authFile: USERS, authDelay: 50 })
    const client = await connect(server)
    expect(await ask(client, login('foo x'))).toBe(FAILURE)
    client.send(login('foo bar'))
    client.socket.end()
    expect((await client.untilClosed()).toString()).toBe('STORED\r\n')
    const another = await connect(server)
    expect(await ask(another, login('foo x'))).toBe(FAILURE)
    another.send(login('foo bar'))
    another.close()
    expect(await ask(await connect(server), login('foo bar'))).toBe('STORED\r\n')
  })

  test('10,000 wrong passwords open nothing, and are counted', async () => {
    const server = await start({ authFile: USERS })
    const many = await Promise.all(Array.from({ length: 10 }, () => connect(server)))
    await Promise.all(many.map(async (client, n) => {
      const request = Array.from({ length: 1000 }, (_, i) => login(`foo ${n * 1000 + i}`)).join('')
      expect(await ask(client, request, 1000)).toBe(FAILURE.repeat(1000))
      expect(await ask(client, 'get a\r\n')).toBe(UNAUTHENTICATED)
    }))
    expect(await server.stats()).toMatchObject({ auth_cmds: '10000', auth_errors: '10000' })
  })
})

describe('a file of users', () => {
  test.each([
    ['nocolon\n', 'Authfile [FILE] has a malformed entry in line 1'],
    ['a:b\n:c\n', 'Authfile [FILE] has a malformed entry in line 2'],
    [`a:${'b'.repeat(254)}\n`, 'Authfile [FILE] has a malformed entry in line 1. It is longer'],
    ['a:b\n'.repeat(1025), 'Authfile [FILE] has more than 1024 users'],
    ['x'.repeat(300_000), 'Could not open authfile [FILE] for reading, error File too large']
  ])('that is malformed ends the start: %.12j…', async (text, message) => {
    writeFileSync(USERS, text)
    await expect(start({ authFile: USERS })).rejects.toThrow(message.replace('FILE', USERS))
  })

  test('that is not there does too', async () => {
    await expect(start({ authFile: '/nowhere' })).rejects.toThrow(
      'Could not open authfile [/nowhere] for reading, error no such file or directory')
  })

  test('may have colons in passwords, and lines that end as they do in Windows', async () => {
    writeFileSync(USERS, 'a:b:c\r\nd:e\r\n')
    const client = await connect(await start({ authFile: USERS }))
    expect(await ask(client, login('a b'))).toBe(FAILURE)
    expect(await ask(client, login('a b:c'))).toBe('STORED\r\n')
    expect(await ask(await connect(guarded.servers[0]), login('d e'))).toBe('STORED\r\n')
  })
})
