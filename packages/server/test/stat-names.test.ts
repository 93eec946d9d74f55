import { MapEngine } from '@memplug/map'
import { Opcode as O } from '@memplug/protocol'
import { Status, type AddStat } from '@memplug/engine'
import type { ServerOptions } from '../src/options.js'
import { withFunction } from './support/engines.js'
import { parseReplies, request } from './support/frames.js'
import { generalNames, settings } from './support/memcached-stats.js'
import { TestServer } from './support/test-server.js'

type Row = [name: string, value: string]

async function rowsOf (server: TestServer, group: string): Promise<Row[]> {
  const text = await server.askText(server.connect(), `stats ${group}\r\n`)
  return text.split('\r\n').slice(0, -2).map(line => line.split(' ').slice(1) as Row)
}

const quiet = { lruCrawler: false }
const start = (options: ServerOptions = quiet) => new TestServer(new MapEngine(), options)

test('general statistics are memcached\'s 84, in its order, in both protocols', async () => {
  const server = start()
  expect((await rowsOf(server, '')).map(([name]) => name)).toEqual(generalNames)
  const packets = parseReplies(await server.ask(server.connect(), request(O.STAT)))
  expect(packets.map(({ key }) => key)).toEqual([...generalNames, ''])
})

test('what nothing has is told as memcached at rest tells it', async () => {
  const told = Object.fromEntries(await rowsOf(start(), ''))
  expect(told).toMatchObject({
    get_expired: '0', slabs_moved: '0', log_watchers: '0', curr_items: '0', evictions: '0',
    slab_reassign_last_busy_status: 'none', listen_disabled_num: '0', accepting_conns: '1'
  })
})

test('with the crawler its two rows come where memcached has them', async () => {
  const names = (await rowsOf(start({}), '')).map(([name]) => name)
  const at = names.indexOf('lru_crawler_running')
  expect(names.slice(at - 1, at + 3))
    .toEqual(['slabs_moved', 'lru_crawler_running', 'lru_crawler_starts', 'malloc_fails'])
  expect(names.filter(name => !name.startsWith('lru_crawler_'))).toEqual(generalNames)
})

test('rows that a part of the server tells take their place, and those of an engine follow',
  async () => {
    const engine = withFunction(new MapEngine(), 'getStats', (group: string, add: AddStat) => {
      if (group !== '') return Status.NOT_FOUND
      for (const name of ['own', 'evicted_active', 'limit_maxbytes', 'pid']) add(name, 5)
      return Status.SUCCESS
    })
    const server = new TestServer(engine, quiet)
    server.core.stats.tellers.push(add => {
      add('idle_kicks', 7)
      add('auth_cmds', 8)
    })
    const rows = await rowsOf(server, '')
    const names = rows.map(([name]) => name)
    expect(names.at(-1)).toBe('own')
    expect(names[names.indexOf('auth_errors') + 1]).toBe('idle_kicks')
    expect(names[names.indexOf('evicted_unfetched') + 1]).toBe('evicted_active')
    expect(Object.fromEntries(rows)).toMatchObject({
      idle_kicks: '7', auth_cmds: '8', limit_maxbytes: '5', pid: String(process.pid)
    })
  })

/** What memplug means otherwise, or what those replies were started with. */
const otherwise = new Set([
  'tcpport', 'inter', 'domain_socket', 'shutdown_command', 'num_threads', 'num_threads_per_udp',
  'item_size_max', 'slab_chunk_max', 'slab_reassign', 'slab_automove', 'hash_algorithm'
])

test('settings are memcached\'s, in its order, with its values where nothing was asked for',
  async () => {
    const rows = await rowsOf(start(), 'settings')
    expect(rows.map(([name]) => name)).toEqual([...settings.keys()])
    const same = ([name]: Row) => !otherwise.has(name)
    expect(rows.filter(same)).toEqual([...settings].filter(same))
  })

test('settings that an engine decides are told as it says', async () => {
  const engine = withFunction(new MapEngine(), 'getStats', (group: string, add: AddStat) => {
    if (group === 'settings') add('lru_segmented', 'yes')
    if (group === 'settings') add('own', 1)
    return Status.SUCCESS
  })
  const rows = await rowsOf(new TestServer(engine), 'settings')
  expect(Object.fromEntries(rows)).toMatchObject({ lru_segmented: 'yes' })
  expect(rows.at(-1)).toEqual(['own', '1'])
})

test('what can be changed while it runs is told as it is', async () => {
  const server = start()
  await server.ask(server.connect(), 'stats detail on\r\nverbosity 1\r\n')
  expect(Object.fromEntries(await rowsOf(server, 'settings')))
    .toMatchObject({ detail_enabled: 'yes', verbosity: '1' })
})

test('groups that 1.6.45 has no more, or never had', async () => {
  const server = start()
  for (const group of ['sizes_enable', 'sizes_disable', 'malloc', 'maps', 'threads', 'proxy']) {
    expect(await server.askText(server.connect(), `stats ${group}\r\n`)).toBe('ERROR\r\n')
  }
  expect(await server.askText(server.connect(), 'stats extstore\r\n')).toBe('END\r\n')
})

test('stats engine tells what serves', async () => {
  const server = new TestServer(new MapEngine(), { engineTimeout: 7 })
  expect(Object.fromEntries(await rowsOf(server, 'engine')))
    .toMatchObject({ engine: 'map', engine_timeout: '7', key_size_max: '250' })
})
