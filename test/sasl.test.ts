import { createHmac } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import type { Server, ServerOptions } from '@memplug/server'
import { show, type RawClient } from './support/client.js'
import { frame, Opcode, readReplies, type Reply } from './support/frames.js'
import { Guarded } from './support/guarded.js'
import { describeWith } from './support/peer.js'
import { run, type Result } from './support/run.js'

const guarded = new Guarded()
const USERS = guarded.users
beforeEach(() => { writeFileSync(USERS, 'foo:bar\nbaaaz:quux') })
afterEach(() => guarded.end())
afterAll(() => { guarded.folder.remove() })

const start = (options: ServerOptions): Promise<Server> => guarded.start(options)
const connect = (server: Server): Promise<RawClient> => guarded.connect(server)

/** Sends frames; answers as many replies, or what came before the close. */
async function frames (client: RawClient, requests: Buffer[]): Promise<Reply[]> {
  client.send(Buffer.concat(requests))
  let replies: Reply[] = []
  await client.until(() => {
    try {
      replies = readReplies(client.peek())
    } catch {}
    return replies.length >= requests.length
  })
  client.take()
  return replies
}

const sasl = (message: string, key = 'PLAIN', opcode: number = Opcode.SaslAuth): Buffer =>
  frame({ opcode, key, value: message, opaque: 5 })
const get = frame({ opcode: Opcode.Get, key: 'a' })
const AUTHENTICATED = { status: 0, value: Buffer.from('Authenticated') }
const DENIED = { status: 0x20, value: Buffer.from('Auth failure.') }

describe.each([1, 4])('SASL, %d threads', threads => {
  test('lets a user in who has the password', async () => {
    const server = await start({ saslFile: USERS, threads })
    const client = await connect(server)
    const list = frame({ opcode: Opcode.SaslList })
    const version = frame({ opcode: Opcode.Version })
    expect(await frames(client, [list, version])).toMatchObject([
      { status: 0, value: Buffer.from('CRAM-MD5 PLAIN') },
      { status: 0, value: Buffer.from('1.6.45') }
    ])
    expect(await frames(client, [sasl('\0foo\0bab')])).toMatchObject([DENIED])
    expect(await frames(client, [sasl('\0foo\0bar')])).toMatchObject([AUTHENTICATED])
    expect(await frames(client, [get])).toMatchObject([{ status: 1 }])
    expect(await server.stats()).toMatchObject({ auth_cmds: '2', auth_errors: '1' })
  })

  test('reads a user who comes later without being told', async () => {
    const file = guarded.folder.join(`later-${threads}`)
    const client = await connect(await start({ saslFile: file, threads }))
    expect(await frames(client, [sasl('\0late\0comer')])).toMatchObject([DENIED])
    writeFileSync(file, 'late:comer\n')
    expect(await frames(client, [sasl('\0late\0comer')])).toMatchObject([AUTHENTICATED])
  })
})

describe('SASL', () => {
  test.each([
    ['whom it allows to act for', sasl('other\0foo\0bar')],
    ['a mechanism in small letters', sasl('\0foo\0bar', 'plain')]
  ])('takes %s', async (_, request) => {
    const client = await connect(await start({ saslFile: USERS }))
    expect(await frames(client, [request, get])).toMatchObject([AUTHENTICATED, { status: 1 }])
  })

  test('goes on in a second step where the first one says nothing', async () => {
    const client = await connect(await start({ saslFile: USERS }))
    const step = sasl('\0foo\0bar', 'PLAIN', Opcode.SaslStep)
    expect(await frames(client, [sasl(''), step, get]))
      .toMatchObject([{ status: 0x21, opaque: 5 }, AUTHENTICATED, { status: 1 }])
  })

  test.each([
    ['a step without a beginning', sasl('\0foo\0bar', 'PLAIN', Opcode.SaslStep), 0x20],
    ['another mechanism', sasl('\0foo\0bar', 'SCRAM-SHA-1'), 0x20],
    ['an answer that nobody asked for', sasl(`foo ${'0'.repeat(32)}`, 'CRAM-MD5'), 0x20],
    ['no user', sasl('bar'), 0x20],
    ['no password', sasl('\0foo'), 0x20],
    ['an empty password', sasl('\0foo\0'), 0x20],
    ['a password that goes on', sasl('\0foo\0bar\0'), 0x20],
    ['a mechanism of 40 bytes', sasl('\0foo\0bar', 'X'.repeat(40)), 4],
    ['20,000 bytes', sasl(`\0foo\0${'x'.repeat(20_000)}`), 0x82]
  ])('denies %s, and stays ready', async (_, request, status) => {
    const client = await connect(await start({ saslFile: USERS }))
    expect(await frames(client, [request])).toMatchObject([{ status }])
    expect(await frames(client, [sasl('\0foo\0bar')])).toMatchObject([AUTHENTICATED])
  })

  test('a login that fails ends the one before it', async () => {
    const client = await connect(await start({ saslFile: USERS }))
    expect(await frames(client, [sasl('\0foo\0bar'), get, sasl('\0foo\0x'), get]))
      .toMatchObject([AUTHENTICATED, { status: 1 }, DENIED, DENIED])
    await client.untilClosed()
  })

  test('CVE-2013-7239: failing twice is no success', async () => {
    const client = await connect(await start({ saslFile: USERS }))
    expect(await frames(client, [sasl('\0foo\0x'), sasl('\0foo\0x'), get]))
      .toMatchObject([DENIED, DENIED, DENIED])
  })

  test('every opcode but four is denied, and the connection closed', async () => {
    const server = await start({ saslFile: USERS, maxConnections: 300 })
    const open: number[] = [Opcode.Version, Opcode.SaslList, Opcode.SaslAuth, Opcode.SaslStep]
    for (let opcode = 0; opcode < 256; opcode++) {
      if (open.includes(opcode)) continue
      const client = await connect(server)
      client.send(Buffer.concat([frame({ opcode, key: 'a', extras: Buffer.alloc(8) }), get]))
      expect(readReplies(await client.untilClosed())).toMatchObject([{ opcode, ...DENIED }])
    }
  })

  test('text is no way around it', async () => {
    const client = await connect(await start({ saslFile: USERS }))
    client.send('version\r\n')
    expect(show(await client.untilClosed())).toBe('""')
  })

  test('without it, its opcodes are unknown', async () => {
    const client = await connect(await start({}))
    const list = frame({ opcode: Opcode.SaslList })
    expect(await frames(client, [list, sasl('\0foo\0bar'), get]))
      .toMatchObject([{ status: 0x81 }, { status: 0x81 }, { status: 1 }])
  })
})

/** What a client answers to a challenge. */
const answer = (challenge: Buffer, name = 'foo', password = 'bar'): string =>
  `${name} ${createHmac('md5', password).update(challenge).digest('hex')}`

/** Begins CRAM-MD5; answers the challenge. */
async function challenge (client: RawClient): Promise<Buffer> {
  const [reply] = await frames(client, [sasl('', 'CRAM-MD5')])
  expect(reply).toMatchObject({ opcode: Opcode.SaslAuth, status: 0x21, opaque: 5 })
  return reply.value
}

const step = (message: string): Buffer => sasl(message, 'CRAM-MD5', Opcode.SaslStep)

describe('CRAM-MD5', () => {
  test.each([1, 4])('lets a user in who proves to know the password, %d threads', async threads => {
    const server = await start({ saslFile: USERS, threads })
    const client = await connect(server)
    const asked = await challenge(client)
    expect(asked.toString()).toMatch(/^<\d+\.\d+@\S+>$/)
    expect(await frames(client, [step(answer(asked)), get]))
      .toMatchObject([{ opcode: Opcode.SaslStep, ...AUTHENTICATED }, { status: 1 }])
    expect(await server.stats()).toMatchObject({ auth_cmds: '1', auth_errors: '0' })
  })

  test.each([
    ['a name with blanks', 'a b', 'c'],
    ['a password longer than a block of MD5', 'long', 'x'.repeat(80)],
    ['bytes beyond ASCII', 'm\xfcller', 'p\xe4ss'],
    ['no password at all', 'open', ''],
    ['one of two passwords', 'open', 'second']
  ])('takes %s', async (_, name, password) => {
    writeFileSync(USERS, `a b:c\nlong:${'x'.repeat(80)}\nm\xfcller:p\xe4ss\nopen:\nopen:second\n`,
      'latin1')
    const client = await connect(await start({ saslFile: USERS }))
    const mac = createHmac('md5', Buffer.from(password, 'latin1'))
      .update(await challenge(client)).digest('hex')
    expect(await frames(client, [step(`${name} ${mac}`)])).toMatchObject([AUTHENTICATED])
  })

  test.each<[string, (asked: Buffer) => string]>([
    ['a wrong password', asked => answer(asked, 'foo', 'baz')],
    ['the password of another', asked => answer(asked, 'foo', 'quux')],
    ['a name that nobody has', asked => answer(asked, 'fo')],
    ['the answer to another challenge', () => answer(Buffer.from('<1.2@3>'))],
    ['an answer in capitals', asked => answer(asked).toUpperCase()],
    ['an answer that goes on', asked => `${answer(asked)}0`],
    ['an answer that breaks off', asked => answer(asked).slice(0, -1)],
    ['no name', asked => answer(asked, '')],
    ['nothing', () => ''],
    ['blanks', () => ' '.repeat(40)],
    ["PLAIN's message", () => '\0foo\0bar']
  ])('denies %s, and stays ready', async (_, message) => {
    const server = await start({ saslFile: USERS })
    const client = await connect(server)
    const asked = await challenge(client)
    expect(await frames(client, [step(message(asked))])).toMatchObject([DENIED])
    // The challenge is used up.
    expect(await frames(client, [step(answer(asked))])).toMatchObject([DENIED])
    expect(await frames(client, [step(answer(await challenge(client)))]))
      .toMatchObject([AUTHENTICATED])
    expect(await server.stats()).toMatchObject({ auth_cmds: '3', auth_errors: '2' })
  })

  test('no challenge serves twice, nor on another connection', async () => {
    const server = await start({ saslFile: USERS })
    const [client, other] = [await connect(server), await connect(server)]
    const asked = await challenge(client)
    expect(await challenge(other)).not.toEqual(asked)
    expect(await frames(other, [step(answer(asked))])).toMatchObject([DENIED])
    expect(await frames(client, [step(answer(asked)), step(answer(asked)), get]))
      .toMatchObject([AUTHENTICATED, DENIED, DENIED])
    await client.untilClosed()
  })

  test('to begin anew ends the login before, and the challenge', async () => {
    const client = await connect(await start({ saslFile: USERS }))
    expect(await frames(client, [sasl('\0foo\0bar')])).toMatchObject([AUTHENTICATED])
    const first = await challenge(client)
    const second = await challenge(client)
    expect(await frames(client, [step(answer(first))])).toMatchObject([DENIED])
    expect(await frames(client, [step(answer(second)), get])).toMatchObject([DENIED, DENIED])
    await client.untilClosed()
  })

  test('waits after failures, and gives challenges without waiting', async () => {
    const client = await connect(await start({ saslFile: USERS, authDelay: 60 }))
    const begin = performance.now()
    expect(await frames(client, [step('foo x')])).toMatchObject([DENIED])
    const asked = await challenge(client)
    expect(await frames(client, [step(answer(asked))])).toMatchObject([AUTHENTICATED])
    expect(performance.now() - begin).toBeGreaterThan(55)
  })

  test('users who come later can use it', async () => {
    const file = guarded.folder.join('later-still')
    const client = await connect(await start({ saslFile: file }))
    expect(await frames(client, [step(answer(await challenge(client)))])).toMatchObject([DENIED])
    writeFileSync(file, 'foo:bar\n')
    expect(await frames(client, [step(answer(await challenge(client)))]))
      .toMatchObject([AUTHENTICATED])
  })

  test('is neither told nor taken where it is not wanted', async () => {
    const client = await connect(await start({ saslFile: USERS, saslMechanisms: ['PLAIN'] }))
    expect(await frames(client, [frame({ opcode: Opcode.SaslList }), sasl('', 'CRAM-MD5')]))
      .toMatchObject([{ status: 0, value: Buffer.from('PLAIN') }, DENIED])
    await expect(start({ saslFile: USERS, saslMechanisms: [] })).rejects.toThrow('needs one')
  })
})

describeWith(['memccp', 'memccat', '/usr/lib/*/sasl2/libcrammd5.so'], "libmemcached's SASL", () => {
  test.each(['CRAM-MD5', 'PLAIN'] as const)('logs in with %s', async mechanism => {
    const server = await start({ saslFile: USERS, saslMechanisms: [mechanism] })
    const tool = (name: string, password: string, argument: string): Promise<Result> => run(name, [
      '--binary', `--servers=127.0.0.1:${server.port}`, '--username=foo',
      `--password=${password}`, argument
    ])
    const file = guarded.folder.join('stored')
    writeFileSync(file, 'a value')
    expect(await tool('memccp', 'bar', file)).toMatchObject({ code: 0 })
    expect(await tool('memccat', 'bar', 'stored')).toMatchObject({ stdout: 'a value\n' })
    const { code, stdout, stderr } = await tool('memccat', 'baz', 'stored')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('AUTHENTICATION FAILURE')
  })
})
