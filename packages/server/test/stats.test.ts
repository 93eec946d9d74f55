import { Status, type AddStat } from '@memplug/engine'
import { Opcode as O } from '@memplug/protocol'
import { MapEngine } from '@memplug/map'
import { engines, FeaturedMap, withFunction } from './support/engines.js'
import { parseReplies, request, u32, u64 } from './support/frames.js'
import { TestServer } from './support/test-server.js'

async function statsOf (server: TestServer, group = ''): Promise<Record<string, string>> {
  const text = await server.askText(server.connect(), `stats ${group}\r\n`)
  const lines = text.split('\r\n')
  expect(lines.splice(-2)).toEqual(['END', ''])
  return Object.fromEntries(lines.map(line => {
    const [, name, value] = /^STAT (\S+) (.*)$/.exec(line)!
    return [name, value]
  }))
}

async function binaryStatsOf (server: TestServer, key = ''): Promise<Record<string, string>> {
  const replies = parseReplies(await server.ask(server.connect(), request(O.STAT, { key })))
  expect(replies.pop()).toMatchObject({ opcode: O.STAT, status: 0, key: '', value: '' })
  return Object.fromEntries(replies.map(({ key, value }) => [key, value]))
}

const numbers = (stats: Record<string, string>, names: string) =>
  names.split(' ').map(name => Number(stats[name]))

describe.each(Object.entries(engines))('counters, over %s', (_, create) => {
  test('each key of a multiget counts; gat counts as touch, cas as set', async () => {
    const server = new TestServer(create())
    const link = server.connect()
    await server.ask(link, 'set a 0 0 1\r\n5\r\nget a b a\r\ngets a\r\nget b\r\n' +
      'gat 0 a b\r\ntouch a 0\r\ntouch b 0\r\n' +
      'cas a 0 0 1 99\r\nx\r\ncas b 0 0 1 1\r\nx\r\n' +
      'incr a 1\r\nincr b 1\r\ndecr a 1\r\ndecr b 1\r\nincr b x\r\n' +
      'delete b\r\ndelete a\r\nflush_all\r\nflush_all 10\r\nbogus\r\nget\r\n')
    const stats = await statsOf(server)
    expect(numbers(stats, 'cmd_get get_hits get_misses')).toEqual([5, 3, 2])
    expect(numbers(stats, 'cmd_touch touch_hits touch_misses')).toEqual([4, 2, 2])
    expect(numbers(stats, 'cmd_set cas_badval cas_misses cas_hits')).toEqual([3, 1, 1, 0])
    expect(numbers(stats, 'incr_hits incr_misses decr_hits decr_misses')).toEqual([1, 1, 1, 1])
    expect(numbers(stats, 'delete_hits delete_misses cmd_flush')).toEqual([1, 1, 2])
  })

  test('the binary protocol counts alike', async () => {
    const server = new TestServer(create())
    const key = 'a'
    const other = 'b'
    const extras = u32(0, 0)
    const counting = u64(1) + u64(0) + u32(0xffffffff)
    await server.ask(server.connect(), Buffer.concat([
      request(O.SETQ, { key, value: '5', extras }), request(O.ADD, { key, extras, cas: 99 }),
      request(O.SET, { key: other, extras, cas: 1 }), request(O.GETQ, { key }),
      request(O.GETK, { key: other }), request(O.TOUCH, { key, extras: u32(0) }),
      request(O.GATQ, { key: other, extras: u32(0) }),
      request(O.INCREMENTQ, { key, extras: counting }),
      request(O.DECREMENT, { key: other, extras: counting }),
      request(O.DELETE, { key: other }), request(O.DELETEQ, { key }), request(O.FLUSHQ)
    ]))
    const stats = await binaryStatsOf(server)
    expect(numbers(stats, 'cmd_get get_hits get_misses')).toEqual([2, 1, 1])
    expect(numbers(stats, 'cmd_touch touch_hits touch_misses')).toEqual([2, 1, 1])
    expect(numbers(stats, 'cmd_set cas_badval cas_misses cas_hits')).toEqual([3, 1, 1, 0])
    expect(numbers(stats, 'incr_hits incr_misses decr_hits decr_misses')).toEqual([1, 0, 0, 1])
    expect(numbers(stats, 'delete_hits delete_misses cmd_flush')).toEqual([1, 1, 1])
  })

  test('a value that is refused for its line end was a set all the same', async () => {
    const server = new TestServer(create())
    await server.ask(server.connect(), 'set a 0 0 1\r\nxyz\r\n')
    expect(numbers(await statsOf(server), 'cmd_set')).toEqual([1])
  })

  test('bytes that came and went, large values too', async () => {
    const server = new TestServer(create())
    const asked = `set a 0 0 40000\r\n${'x'.repeat(40_000)}\r\nget a\r\n`
    const replied = await server.ask(server.connect(), asked, 10_000)
    const stats = await statsOf(server)
    expect(numbers(stats, 'bytes_read bytes_written'))
      .toEqual([asked.length + 'stats \r\n'.length, replied.length])
  })
})

describe('groups', () => {
  test('general: in memcached\'s order, numbers where it has numbers', async () => {
    const server = new TestServer(new MapEngine(), { memoryLimit: 123, maxConnections: 7 })
    await server.pass(60)
    const stats = await statsOf(server)
    expect(Object.keys(stats).slice(0, 5)).toEqual(['pid', 'uptime', 'time', 'version', 'libevent'])
    expect(stats).toMatchObject({
      pid: String(process.pid), uptime: '60', version: '1.6.45', pointer_size: '64',
      max_connections: '7', limit_maxbytes: '123', threads: '1', curr_items: '0'
    })
    expect(Math.abs(Number(stats['time']) - Date.now() / 1000)).toBeLessThan(65)
    expect(stats['rusage_user']).toMatch(/^\d+\.\d{6}$/)
    expect(await binaryStatsOf(server)).toMatchObject({ version: '1.6.45', uptime: '60' })
  })

  test('settings', async () => {
    const server = new TestServer(new MapEngine(), {
      port: 4711, maxItemSize: 5, evictions: false, protocol: 'ascii', cas: false,
      listen: ['127.0.0.1', '::1'], growthFactor: 2
    })
    expect(await statsOf(server, 'settings')).toMatchObject({
      tcpport: '4711', item_size_max: '5', evictions: 'off', binding_protocol: 'ascii',
      cas_enabled: 'no', inter: '127.0.0.1,::1', growth_factor: '2.00', domain_socket: 'NULL',
      umask: '700', verbosity: '0'
    })
    await server.ask(server.connect(), 'verbosity 1\r\n')
    expect(await statsOf(server, 'settings')).toMatchObject({ verbosity: '1' })
  })

  test('conns: who is there, where, and in what state', async () => {
    const server = new TestServer(new MapEngine())
    const [waiting, uploading] = [server.connect(), server.connect()]
    await server.pass(5)
    waiting.send('get a')
    uploading.send('set a 0 0 10\r\nxyz')
    await server.pass(3)
    const stats = await statsOf(server, 'conns')
    const ids = [...new Set(Object.keys(stats).map(name => name.split(':')[0]))]
    expect(ids.map(id => [stats[`${id}:state`], stats[`${id}:secs_since_last_cmd`]]))
      .toEqual([['conn_read', '3'], ['conn_nread', '3'], ['conn_parse_cmd', '0']])
    expect(stats[`${ids[0]}:addr`]).toBe('tcp:127.0.0.1:4711')
    expect(stats[`${ids[0]}:listen_addr`]).toBe('tcp:127.0.0.1:11211')
  })

  test('the engine\'s own', async () => {
    const engine = withFunction(new MapEngine(), 'getStats', (group: string, add: AddStat) => {
      if (group === '') add('curr_items', 5)
      if (group === '') add('speed', 'high')
      if (group === 'mine') add('1:depth', 7)
      return group === '' || group === 'mine' ? Status.SUCCESS : Status.NOT_FOUND
    })
    const server = new TestServer(engine)
    expect(await statsOf(server)).toMatchObject({ curr_items: '5', speed: 'high' })
    expect(await statsOf(server, 'mine')).toEqual({ '1:depth': '7' })
    expect(await binaryStatsOf(server, 'mine')).toEqual({ '1:depth': '7' })
    expect(await statsOf(server, 'items')).toEqual({})
    expect(await server.askText(server.connect(), 'stats other\r\n')).toBe('ERROR\r\n')
  })
})

test('reset zeroes what counts events and keeps what tells a state', async () => {
  const server = new TestServer(new MapEngine())
  const link = server.connect()
  expect(await server.askText(link, 'set a 0 0 1\r\nx\r\nget a b\r\nstats reset\r\n'))
    .toMatch(/RESET\r\n$/)
  const stats = await statsOf(server)
  expect(numbers(stats, 'cmd_get cmd_set get_hits get_misses curr_items')).toEqual([0, 0, 0, 0, 1])
  expect(numbers(stats, 'total_connections')).toEqual([1])
})

describe('an engine whose statistics are bad', () => {
  const told: [string, unknown, unknown][] = [
    ['a line of its own', 'evil\r\nEND\r\nVALUE', '1\r\nERROR'], ['no name', '', 'x'],
    ['blanks in the name', 'a b', 'x y'], ['a name that is no text', { a: 1 }, 'x'],
    ['a symbol', 'name', Symbol('x')], ['a symbol for a name', Symbol('x'), 1],
    ['a value that has no text', 'name', Object.create(null)], ['nothing', undefined, undefined],
    ['a bigint', 'name', 5n], ['what latin1 does not have', 'nämé€', '→'],
    ['a very long value', 'name', 'x'.repeat(300_000)],
    ['a very long name', 'n'.repeat(300_000), 'x']
  ]

  test.each(told)('%s', async (_, name, value) => {
    for (const isLate of [false, true]) {
      const answer = (_: string, add: AddStat) => {
        add('before', 1)
        add(name as never, value as never)
        return Status.SUCCESS
      }
      const engine = withFunction(new FeaturedMap(['cas', 'async']), 'getStats',
        isLate ? async (...asked: [string, AddStat]) => await Promise.resolve(answer(...asked))
        : answer)
      const server = new TestServer(engine)
      for (const group of ['', 'mine']) {
        const text = await server.askText(server.connect(), `stats ${group}\r\nversion\r\n`)
        expect(text).toMatch(
          /^((STAT [^\s]+ [^\r\n]*\r\n)+END\r\n|SERVER_ERROR [^\r\n]+\r\n)VERSION 1\.6\.45\r\n$/)
        const replies = parseReplies(await server.ask(server.connect(),
          Buffer.concat([request(O.STAT, { key: group }), request(O.NOOP)])))
        expect(replies.at(-1)!.opcode).toBe(O.NOOP)
        const [last, ...stats] = replies.slice(0, -1).reverse()
        expect([0, 0x84]).toContain(last.status)
        for (const { status, key } of stats) expect([status, key.length > 0]).toEqual([0, true])
      }
    }
  })

  test('that never end', async () => {
    const engine = withFunction(new MapEngine(), 'getStats', (_: string, add: AddStat) => {
      for (let at = 0; at < 50_000; at++) add(`stat${at}`, at)
      return Status.SUCCESS
    })
    const server = new TestServer(engine)
    expect(Object.keys(await statsOf(server, 'mine')).length).toBe(50_000)
  })
})
