import { MapEngine } from '@memplug/map'
import { Opcode as O } from '@memplug/protocol'
import type { ServerOptions } from '../src/options.js'
import { Shared } from '../src/shared.js'
import { MOST_PREFIXES } from '../src/stats/prefixes.js'
import { engines, late } from './support/engines.js'
import { parseReplies, request, u32 } from './support/frames.js'
import { TestServer } from './support/test-server.js'

const start = (options: ServerOptions = {}) => new TestServer(new MapEngine(), options)
const ask = (server: TestServer, text: string) => server.askText(server.connect(), text)
const dump = (server: TestServer) => ask(server, 'stats detail dump\r\n')

describe.each(Object.entries(engines))('over %s', (_, create) => {
  test('gets, hits, sets and deletes are counted by prefix while it is on', async () => {
    const server = new TestServer(create())
    expect(await ask(server, 'set a:0 0 0 1\r\nx\r\nstats detail dump\r\nstats detail on\r\n'))
      .toBe('STORED\r\nEND\r\nOK\r\n')
    await ask(server, 'set a:1 0 0 1\r\nx\r\nadd a:1 0 0 1\r\nx\r\nget a:1 a:2 b:1\r\n' +
      'gat 0 a:1\r\ntouch a:1 0\r\nincr a:1 1\r\ndelete b:2\r\ndelete a:1 noreply\r\n' +
      'get none\r\nset x:y:z 0 0 1\r\nx\r\nset bad:1 x 0 1\r\nx\r\n')
    expect(await dump(server)).toBe('PREFIX a get 3 hit 2 set 2 del 1\r\n' +
      'PREFIX b get 1 hit 0 set 0 del 1\r\nPREFIX x get 0 hit 0 set 1 del 0\r\nEND\r\n')
    expect(await ask(server, 'stats detail off\r\nget a:1\r\nstats detail dump\r\n'))
      .toContain('PREFIX a get 3 hit 2 set 2 del 1\r\n')
    expect(await ask(server, 'stats reset\r\nstats detail dump\r\n')).toBe('RESET\r\nEND\r\n')
  })
})

test('the binary protocol counts alike, and serves the group in one packet', async () => {
  const server = start({ detail: true })
  const replies = parseReplies(await server.ask(server.connect(), Buffer.concat([
    request(O.SET, { key: 'a:1', value: 'x', extras: u32(0, 0) }), request(O.GET, { key: 'a:1' }),
    request(O.GAT, { key: 'a:2', extras: u32(0) }), request(O.APPEND, { key: 'a:1', value: 'y' }),
    request(O.DELETE, { key: 'a:1' }), request(O.STAT, { key: 'detail dump' }),
    request(O.STAT, { key: 'detail off' }), request(O.STAT, { key: 'detail bogus' })
  ]))).slice(-4)
  expect(replies[0]).toMatchObject({
    key: 'detailed', value: 'PREFIX a get 2 hit 1 set 2 del 1\r\nEND\r\n'
  })
  expect(replies.map(({ status }) => status)).toEqual([0, 0, 0, 1])
  expect(server.shared.detail).toBe(false)
})

test('meta commands are not counted, as memcached counts them not', async () => {
  const server = start({ detail: true })
  await ask(server, 'ms a:1 1\r\nx\r\nmg a:1 v\r\nma a:1\r\nmd a:1\r\nmn\r\n')
  expect(await dump(server)).toBe('END\r\n')
})

test('a key of the binary protocol can\'t forge a line', async () => {
  const server = start({ detail: true })
  await server.ask(server.connect(), request(O.GET, { key: 'a\r\nEND\r\nb:1' }))
  expect(await dump(server)).toBe('PREFIX a__END__b get 1 hit 0 set 0 del 0\r\nEND\r\n')
})

test('the delimiter can be another', async () => {
  const server = start({ detail: true, prefixDelimiter: '/' })
  await ask(server, 'get a:b/c\r\nget :\r\nget /\r\n')
  expect(await dump(server)).toBe('PREFIX a:b get 1 hit 0 set 0 del 0\r\n' +
    'PREFIX  get 1 hit 0 set 0 del 0\r\nEND\r\n')
})

test('what else is asked of it is told to be wrong, and dumping may be forbidden', async () => {
  const usage = 'CLIENT_ERROR usage: stats detail on|off|dump\r\n'
  expect(await ask(start(), 'stats detail\r\nstats detail x\r\n')).toBe(usage + usage)
  const closed = start({ dumping: false })
  expect(await ask(closed, 'stats detail on\r\n'))
    .toBe('CLIENT_ERROR stats detail not allowed\r\n')
  expect(closed.shared.detail).toBe(false)
})

test('a million prefixes take no more than their memory, and none is lost (S21)', async () => {
  const server = start({ detail: true })
  const keys = 1_000_000
  const key = Buffer.alloc(16)
  for (let i = 0; i < keys; i++) {
    const end = key.write(`${i}:`, 'latin1')
    server.shared.prefixes.countGet(key, 0, end, false)
  }
  const lines = (await dump(server)).split('\r\n').slice(0, -2)
  expect(lines.length).toBeLessThanOrEqual(MOST_PREFIXES + 1)
  expect(lines.length).toBeGreaterThan(MOST_PREFIXES * 0.9)
  expect(lines.at(-1)).toMatch(/^PREFIX other: get \d+ /)
  const counted = lines.reduce((sum, line) => sum + Number(/ get (\d+) /.exec(line)![1]), 0)
  expect(counted).toBe(keys)
  expect(server.shared.memory.prefixes.byteLength).toBeLessThan(8 << 20)
})

test('threads count the same prefix apart, and are told as one', () => {
  const memory = Shared.reserve(3)
  const threads = [0, 1, 2].map(thread => new Shared(memory, thread))
  const key = Buffer.from('users:1')
  for (const { prefixes } of threads) prefixes.countGet(key, 0, key.length, true)
  threads[1].prefixes.countSet(key, 0, key.length)
  const told: unknown[] = []
  threads[2].prefixes.forEach((prefix, counts) => told.push([String(prefix), counts]))
  expect(told).toEqual([['users', [3, 3, 1, 0]]])
})

test('a late engine counts the key that was asked for', async () => {
  const server = new TestServer(late(), { detail: true })
  await ask(server, 'get a:1 b:1 c:1\r\n')
  expect(await dump(server)).toBe(['a', 'b', 'c']
    .map(name => `PREFIX ${name} get 1 hit 0 set 0 del 0\r\n`).join('') + 'END\r\n')
})
