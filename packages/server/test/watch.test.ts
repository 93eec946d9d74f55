import { constants } from 'node:os'
import { Get, Status, type Engine, type Op } from '@memplug/engine'
import { Opcode as O } from '@memplug/protocol'
import { Late } from '@memplug/engine-kit'
import { MapEngine } from '@memplug/map'
import createSlab from '@memplug/slab'
import { FeaturedMap } from './support/engines.js'
import { request, u32, u64 } from './support/frames.js'
import type { FakeLink } from './support/fake-link.js'
import { TestServer } from './support/test-server.js'

const STAMP = /^ts=\d{10}\.\d{6} gid=(\d+) /

/** A server, what its watcher of these streams sees, and a client. */
async function watching (streams: string, engine: Engine, options = {}) {
  const server = new TestServer(engine, options)
  const client = server.connect()
  const watcher = server.connect()
  expect(await server.askText(watcher, `watch ${streams}\n`)).toBe('OK\r\n')
  const id = [...server.core.connections][0].id
  return { server, client, watcher, id, saw: () => linesOf(server, watcher) }
}

/** The lines since the last call, without time and number; the numbers rise. */
async function linesOf (server: TestServer, watcher: FakeLink): Promise<string[]> {
  await server.idle()
  const lines = watcher.take().toString('latin1').split('\n')
  expect(lines.pop()).toBe('')
  let last = 0
  return lines.map(line => {
    if (line.startsWith('skipped=')) return line
    const number = Number(STAMP.exec(line)![1])
    expect(number).toBeGreaterThan(last)
    last = number
    return line.replace(STAMP, '')
  })
}

const slab = (): Engine => createSlab()

describe('fetchers', () => {
  test.each(['', 'fetchers'])('watch %s: every lookup, whatever it is for', async streams => {
    const { server, client, id, saw } = await watching(streams, slab())
    await server.ask(client, 'get a\r\nset a 0 0 3\r\nabc\r\nget a b\r\ngat 0 a\r\ntouch a 0\r\n' +
      'incr a 1\r\ndelete a\r\ndelete a\r\n')
    const miss = (key: string) =>
      `type=item_get key=${key} status=not_found clsid=0 cfd=${id} size=0`
    const hit = `type=item_get key=a status=found clsid=1 cfd=${id} size=3`
    expect(await saw()).toEqual(
      [miss('a'), miss('a'), hit, miss('b'), hit, hit, hit, hit, miss('a')])
  })

  test('tell what has expired from what was flushed, and both from what never was', async () => {
    const { server, client, id, saw } = await watching('fetchers', slab())
    await server.ask(client, 'set a 0 2 1\r\nx\r\nset b 0 0 1\r\nx\r\n')
    await server.pass(3)
    await server.ask(client, 'get a\r\nget a\r\nflush_all\r\nget b\r\nget b\r\nget c\r\n')
    expect((await saw()).slice(2)).toEqual(
      ['a expired', 'a not_found', 'b flushed', 'b not_found', 'c not_found'].map(row => {
        const [key, status] = row.split(' ')
        return `type=item_get key=${key} status=${status} clsid=0 cfd=${id} size=0`
      }))
  })

  test('keys are URI-encoded, 750 characters at most', async () => {
    const { server, client, saw } = await watching('fetchers', slab())
    await server.ask(client, `get A-z_0.9~ a/b%c\u00e9\x01 ${'#'.repeat(250)}\r\n`)
    expect((await saw()).map(line => /key=(\S*)/.exec(line)![1]))
      .toEqual(['A-z_0.9~', 'a%2Fb%25c%E9%01', '%23'.repeat(250)])
  })

  test('the binary protocol is seen alike', async () => {
    const { server, client, id, saw } = await watching('fetchers', slab())
    const key = 'a'
    await server.ask(client, Buffer.concat([
      request(O.GETKQ, { key }), request(O.SETQ, { key, value: 'ab', extras: u32(0, 0) }),
      request(O.GET, { key }), request(O.TOUCH, { key, extras: u32(0) }), request(O.DELETE, { key })
    ]))
    const hit = `type=item_get key=a status=found clsid=1 cfd=${id} size=2`
    const miss = `type=item_get key=a status=not_found clsid=0 cfd=${id} size=0`
    expect(await saw()).toEqual([miss, miss, hit, hit, hit])
  })

  test('looking leaves no trace: neither in statistics nor in the item', async () => {
    const { server, client } = await watching('fetchers mutations deletions', slab())
    await server.ask(client, 'set a 0 0 1\r\nx\r\nset a 0 0 1\r\nx\r\n')
    const items = await server.askText(client, 'stats slabs\r\nstats\r\n')
    expect(items).toContain('STAT 1:get_hits 0\r\n')
    expect(items).toContain('STAT cmd_get 0\r\n')
    expect(items).toContain('STAT 1:cmd_set 2\r\n')
    await server.ask(client, 'get a\r\n')
    expect(await server.askText(client, 'stats slabs\r\n')).toContain('STAT 1:get_hits 1\r\n')
  })
})

describe('mutations', () => {
  test('every store, what came of it, and how long it lasts', async () => {
    const { server, client, id, saw } = await watching('mutations', slab())
    await server.ask(client, 'set a 0 60 2\r\nxy\r\nadd a 0 0 1\r\nz\r\nreplace b 0 0 1\r\nz\r\n' +
      'append a 0 0 3\r\nabc\r\nprepend b 0 0 1\r\nz\r\ncas b 0 0 1 5\r\nz\r\n' +
      'cas a 0 0 1 999\r\nz\r\nadd b 0 0 1\r\nz\r\nget a\r\ndelete a\r\nincr b 1\r\n')
    const line = (key: string, status: string, cmd: string, ttl: number, size: number) =>
      `type=item_store key=${key} status=${status} cmd=${cmd} ttl=${ttl} clsid=1 cfd=${id} ` +
      `size=${size}`
    expect(await saw()).toEqual([
      line('a', 'stored', 'set', 60, 2), line('a', 'not_stored', 'add', 0, 1),
      line('b', 'not_stored', 'replace', 0, 1), line('a', 'stored', 'append', 60, 5),
      line('b', 'not_stored', 'prepend', 0, 1), line('b', 'not_found', 'cas', 0, 1),
      line('a', 'exists', 'cas', 0, 1), line('b', 'stored', 'add', 0, 1)
    ])
  })

  test('in the binary protocol too, with what a count makes', async () => {
    const { server, client, id, saw } = await watching('mutations', slab())
    const key = 'a'
    const counting = u64(1) + u64(10) + u32(0)
    await server.ask(client, Buffer.concat([
      request(O.INCREMENT, { key, extras: counting }),
      request(O.INCREMENT, { key, extras: counting }),
      request(O.SET, { key, extras: u32(0, 0), cas: 7 })
    ]))
    const line = (status: string, cmd: string, size: number) =>
      `type=item_store key=a status=${status} cmd=${cmd} ttl=0 clsid=1 cfd=${id} size=${size}`
    expect(await saw()).toEqual([line('stored', 'add', 2), line('exists', 'cas', 0)])
  })

  test.each([
    [Status.TOO_LARGE, 'too_large'], [Status.NO_MEMORY, 'no_memory']
  ])('a refusal by status %i is told once, as %s', async (status, word) => {
    class Full extends FeaturedMap { override allocate () { return status as never } }
    const { server, client, id, saw } = await watching('mutations', new Full())
    const size = 'size=0'
    await server.ask(client, 'set a 0 0 1\r\nx\r\nadd a 0 0 1\r\nx\r\n')
    await server.ask(server.connect(), request(O.SET, { key: 'a', extras: u32(0, 0) }))
    expect(await saw()).toEqual([
      `type=item_store key=a status=${word} cmd=set ttl=0 clsid=0 cfd=${id} ${size}`,
      `type=item_store key=a status=${word} cmd=add ttl=0 clsid=0 cfd=${id} ${size}`,
      expect.stringContaining(`key=a status=${word} cmd=set ttl=0 clsid=0`)
    ])
  })
})

test('meta commands are seen alike', async () => {
  const { server, client, id, saw } = await watching('fetchers mutations deletions', slab())
  await server.ask(client, 'mg a v\r\nms a 2 T30\r\nxy\r\nms a 1 ME\r\nz\r\nma n N0 J7\r\n' +
    'md a I\r\nmd a\r\nms b 1 C5\r\nz\r\n')
  const get = (key: string, status: string, size: number) => 'type=item_get ' +
    `key=${key} status=${status} clsid=${size > 0 ? 1 : 0} cfd=${id} size=${size}`
  const store = (key: string, status: string, cmd: string, ttl: number, size: number) =>
    `type=item_store key=${key} status=${status} cmd=${cmd} ttl=${ttl} clsid=1 cfd=${id} ` +
    `size=${size}`
  const lines = await saw()
  expect(lines.filter(line => !line.includes(' key=n '))).toEqual([
    get('a', 'not_found', 0), get('a', 'not_found', 0), store('a', 'stored', 'set', 30, 2),
    get('a', 'found', 2), store('a', 'not_stored', 'add', 0, 1),
    get('a', 'found', 2), get('a', 'found', 2), 'type=deleted key=a cmd=md clsid=1 size=2',
    get('b', 'not_found', 0), store('b', 'not_found', 'cas', 0, 1)
  ])
  expect(lines.filter(line => line.includes(' key=n ')).at(-1))
    .toBe(store('n', 'stored', 'add', 0, 1))
})

describe('deletions and evictions', () => {
  test('what a delete took away, but not what another command did', async () => {
    const { server, client, saw } = await watching('deletions', slab(), { maxItemSize: 2000 })
    await server.ask(client, 'set a 0 0 3\r\nabc\r\ndelete a\r\ndelete a\r\nset b 0 0 1\r\nx\r\n' +
      `set b 0 0 3000\r\n${'x'.repeat(3000)}\r\nset c 0 0 1\r\nx\r\n`)
    await server.ask(server.connect(), request(O.DELETE, { key: 'c' }))
    expect(await saw()).toEqual([
      'type=deleted key=a cmd=delete clsid=1 size=3', 'type=deleted key=c cmd=delete clsid=1 size=1'
    ])
  })

  test('what had to go, since when it was not used, and whether it ever was', async () => {
    const { server, client, saw } = await watching('evictions', slab(),
      { memoryLimit: 2 << 20, maxItemSize: 1 << 20 })
    const value = 'x'.repeat(500_000)
    const set = (key: string) => `set ${key} 0 ${key === 'c' ? 100 : 0} 500000\r\n${value}\r\n`
    for (let i = 0; i < 3; i++) await server.ask(client, set('abc'[i]))
    await server.pass(7)
    await server.ask(client, Array.from({ length: 6 }, (_, i) => set(`new${i}`)).join(''))
    const lines = await saw()
    expect(lines.length).toBeGreaterThan(3)
    expect(lines).toContainEqual(expect.stringMatching(
      /^type=eviction key=a fetch=no ttl=-1 la=7 clsid=\d+ size=500000$/))
    expect(lines).toContainEqual(expect.stringMatching(
      /^type=eviction key=c fetch=no ttl=93 la=7 clsid=\d+ size=500000$/))
  })
})

describe('connevents', () => {
  const ends: [how: string, reason: string, end: (client: FakeLink) => void][] = [
    ['quit', 'normal', client => { client.send('quit\r\n') }],
    ['no more to send', 'normal', client => { client.sendEnd() }],
    ['a browser', 'error', client => { client.send('GET / HTTP/1.1\r\n') }]
  ]

  test.each(ends)('%s ends by reason %s', async (_, reason, end) => {
    const { server, saw } = await watching('connevents', new MapEngine())
    const client = server.connect()
    end(client)
    const lines = await saw()
    const cfd = /cfd=(\d+)/.exec(lines[0])![1]
    const peer = 'rip=127.0.0.1 rport=4711 transport=tcp'
    expect(lines).toEqual([
      `type=conn_new ${peer} cfd=${cfd}`, `type=conn_close ${peer} reason=${reason} cfd=${cfd}`
    ])
  })

  test.each([
    [constants.errno.ECONNRESET, 'Connection reset by peer'],
    [constants.errno.EPIPE, 'Broken pipe'],
    [constants.errno.ETIMEDOUT, 'Connection timed out'],
    [9999, 'Error 9999']
  ])('the error %i of a socket is told before its end', async (errno, message) => {
    const { client, id, saw } = await watching('connevents', new MapEngine())
    client.fail(errno)
    expect(await saw()).toEqual([
      `type=connerr fd=${id} msg=${message}`,
      `type=conn_close rip=127.0.0.1 rport=4711 transport=tcp reason=error cfd=${id}`
    ])
  })
})

describe('a watcher', () => {
  test('is refused where it is not allowed, behind a request, and among too many', async () => {
    const closed = new TestServer(new MapEngine(), { watching: false })
    expect(await closed.askText(closed.connect(), 'watch\r\nwatch bogus\r\n'))
      .toBe('CLIENT_ERROR watch commands not allowed\r\n'.repeat(2))
    const server = new TestServer(new MapEngine())
    expect(await server.askText(server.connect(), 'version\r\nwatch\r\n'))
      .toBe('VERSION 1.6.45\r\nERROR cannot pipeline other commands before watch\r\n')
    const watchers = Array.from({ length: 20 }, () => server.connect())
    for (const link of watchers) expect(await server.askText(link, 'watch\n')).toBe('OK\r\n')
    const last = server.connect()
    expect(await server.askText(last, 'watch\n'))
      .toBe('WATCHER_TOO_MANY log watcher limit reached\r\n')
    watchers[7].leave()
    await server.idle()
    expect(await server.askText(last, 'watch\n')).toBe('OK\r\n')
  })

  test.each([
    'watch bogus', 'watch FETCHERS', 'watch fetchers bogus', 'watch proxyreqs', 'watch noreply',
    'watch proxyevents', 'watch proxyuser', `watch ${'fetchers '.repeat(200)}`,
    `watch ${'x'.repeat(2000)}`, 'watch \0', 'watch fetchers,mutations', 'watch __proto__'
  ])('asks in words that are known: %.20s', async line => {
    const server = new TestServer(new MapEngine())
    const link = server.connect()
    expect(await server.askText(link, `${line}\r\n`)).toBe('ERROR\r\n')
    expect(await server.askText(link, 'version\r\n')).toBe('VERSION 1.6.45\r\n')
    expect(server.core.watchers.count).toBe(0)
  })

  test('may ask for all streams at once, and is not heard after that', async () => {
    const { server, client, watcher, saw } = await watching(
      'fetchers mutations evictions connevents sysevents rawcmds deletions', slab())
    watcher.send('set a 0 0 1\r\nx\r\nquit\r\nget a\r\n')
    server.core.watchers.event('type=slab_move src=1 dst=2 state=start\r\nfake')
    await server.ask(client, 'set a 0 0 1\r\nx\r\ndelete a\r\n')
    expect((await saw()).map(line => line.split(' ')[0])).toEqual([
      'type=slab_move', 'type=item_get', 'type=item_store', 'type=item_get', 'type=deleted'
    ])
    expect(watcher.isClosed).toBe(false)
    expect(await server.askText(client, 'stats conns\r\n')).toContain(':state conn_watch\r\n')
  })

  test('costs nothing any more once it has left', async () => {
    const { server, client, watcher } = await watching('fetchers', slab())
    expect(await server.askText(client, 'stats\r\n')).toContain('STAT log_watchers 1\r\n')
    watcher.leave()
    await server.idle()
    expect(server.core.watchers.streams[0]).toBe(0)
    expect(await server.askText(client, 'get a\r\nstats\r\n'))
      .toContain('STAT log_worker_written 0\r\n')
  })

  test('two see what each asked for, until one leaves', async () => {
    const { server, client, watcher } = await watching('fetchers mutations', slab())
    const other = server.connect()
    await server.ask(other, 'watch mutations\n')
    await server.ask(client, 'set a 0 0 1\r\nx\r\n')
    expect((await linesOf(server, other)).length).toBe(1)
    expect((await linesOf(server, watcher)).length).toBe(2)
    watcher.leave()
    await server.ask(client, 'set a 0 0 1\r\nx\r\n')
    expect((await linesOf(server, other)).length).toBe(1)
    expect(server.core.watchers.streams[0]).toBe(2)
  })

  test.each([
    ['fetchers', (key: string) => `get ${key}\r\n`],
    ['mutations', (key: string) => `set ${key} 0 0 1\r\nx\r\n`]
  ])('of %s that does not read costs its buffer; what was skipped adds up', async (
    stream, request
  ) => {
    const size = 8192
    const { server, client, watcher, saw } = await watching(stream, new MapEngine(),
      { watcherLogBuffer: size })
    watcher.stopReading()
    const gets = 2000
    for (let i = 0; i < gets; i += 100) {
      await server.ask(client, Array.from({ length: 100 }, (_, k) => request(`k${i + k}`)).join(''))
    }
    expect(watcher.mostUnsent).toBeLessThanOrEqual(size)
    watcher.readAll()
    const before = await saw()
    // It is told at once, though nothing else happens.
    expect(before.at(-1)).toMatch(/^skipped=\d+$/)
    await server.ask(client, request('last'))
    const after = await saw()
    expect(after).toEqual([expect.stringContaining('key=last')])
    const told = [...before, ...after].filter(line => line.startsWith('skipped='))
    const skipped = told.reduce((sum, line) => sum + Number(line.slice('skipped='.length)), 0)
    const sent = before.length + after.length - told.length
    expect(skipped).toBeGreaterThan(1000)
    expect(sent + skipped).toBe(gets + 1)
    const stats = await server.askText(client, 'stats\r\n')
    expect(stats).toContain(`STAT log_watcher_skipped ${skipped}\r\n`)
    expect(stats).toContain(`STAT log_watcher_sent ${sent}\r\n`)
    expect(stats).toContain(`STAT log_worker_written ${gets + 1}\r\n`)
    expect(stats).toContain('STAT log_worker_dropped 0\r\n')
  })
})

test('an engine that answers late is watched in the order of its answers', async () => {
  const { server, client, id, saw } = await watching('fetchers mutations deletions',
    new Late(new MapEngine(), { delay: 1 }))
  expect(await server.askText(client, 'set a 0 0 2\r\nxy\r\nget a b\r\ndelete a\r\n'))
    .toBe('STORED\r\nVALUE a 0 2\r\nxy\r\nEND\r\nDELETED\r\n')
  const of = (key: string, status: string, size: number) =>
    `type=item_get key=${key} status=${status} clsid=0 cfd=${id} size=${size}`
  const lines = await saw()
  expect(lines.splice(2, 2).sort()).toEqual([of('a', 'found', 2), of('b', 'not_found', 0)])
  expect(lines).toEqual([
    of('a', 'not_found', 0),
    `type=item_store key=a status=stored cmd=set ttl=0 clsid=0 cfd=${id} size=2`,
    of('a', 'found', 2), 'type=deleted key=a cmd=delete clsid=0 size=2'
  ])
})

test('an engine without meta is asked to peek, and no more', async () => {
  const modes: number[] = []
  class Curious extends MapEngine {
    override get (op: Op) {
      modes.push(op.mode)
      return super.get(op)
    }
  }
  const { server, client } = await watching('fetchers', new Curious())
  await server.ask(client, 'get a\r\n')
  expect(modes).toEqual([Get.PEEK, 0])
})
