import { Status } from '@memplug/engine'
import { MapEngine } from '@memplug/map'
import type { ServerOptions } from '../src/options.js'
import { withFunction } from './support/engines.js'
import { ScanningMap, type Scanned } from './support/scanning-map.js'
import { TestServer } from './support/test-server.js'

const start = (items: Scanned[] = [], options: ServerOptions = {}, isLate = false) => {
  const engine = new ScanningMap(isLate)
  engine.items = items
  return new TestServer(engine, options)
}
const ask = (server: TestServer, text: string) => server.askText(server.connect(), text)

describe.each([['at once', false], ['later', true]])('an engine that answers %s', (_, isLate) => {
  test('metadump tells all of each item, as memcached 1.6.45 writes it', async () => {
    const server = start([
      { key: 'foo', value: 3, cas: 2n, itemClass: 1, size: 65 },
      {
        key: 'a b\r\n%=\xff~_.-', flags: 0xffffffff, expires: 102, used: 7, cas: 2n ** 64n - 1n,
        isFetched: true, itemClass: 12, size: 5000
      }
    ], {}, isLate)
    const { epoch } = server.clock
    expect(await ask(server, 'lru_crawler metadump all\r\n')).toBe('OK\r\n' +
      `key=foo exp=-1 la=${epoch + 2} cas=2 fetch=no cls=1 size=65 flags=0 \n` +
      `key=a%20b%0D%0A%25%3D%FF~_.- exp=${epoch + 102} la=${epoch + 7} ` +
      'cas=18446744073709551615 fetch=yes cls=12 size=5000 flags=4294967295 \nEND\r\n')
  })

  test('mgdump tells a meta get of each key, binary ones in base64', async () => {
    const server = start([{ key: 'foo' }, { key: 'a b' }, { key: '\xe4' }], {}, isLate)
    expect(await ask(server, 'lru_crawler mgdump hash\r\n'))
      .toBe('OK\r\nmg foo\r\nmg YSBi b\r\nmg \xe4\r\nEN\r\n')
  })

  test('more than fits into one write, and requests behind it', async () => {
    const keys = Array.from({ length: 20_000 }, (_, i) => `${i}`.padStart(40, 'k'))
    const server = start(keys.map(key => ({ key })), {}, isLate)
    const link = server.connect()
    link.send('lru_crawler mgdump all\r\nversion\r\n')
    let text = ''
    while (!text.endsWith('VERSION 1.6.45\r\n')) {
      await server.idle()
      text += link.takeText()
    }
    expect(text).toBe(`OK\r\n${keys.map(key => `mg ${key}\r\n`).join('')}EN\r\nVERSION 1.6.45\r\n`)
    expect(server.shared.isDumping).toBe(false)
  })
})

test('classes are chosen by number; an engine without classes has all in the first', async () => {
  const items = [{ key: 'none' }, ...[1, 2, 3, 63].map(itemClass => ({ key: `c${itemClass}`,
    itemClass }))]
  const server = start(items)
  const dumped = async (classes: string) =>
    [...(await ask(server, `lru_crawler mgdump ${classes}\r\n`)).matchAll(/mg (\w+)/g)]
      .map(([, key]) => key)
  expect(await dumped('1')).toEqual(['none', 'c1'])
  expect(await dumped('2,63')).toEqual(['c2', 'c63'])
  expect(await dumped('all')).toHaveLength(5)
  const bad = 'BADCLASS invalid class id\r\n'
  for (const classes of ['x', '0', '64', '1,x', '-1', '1.5', '99999999999']) {
    for (const what of ['metadump', 'mgdump', 'crawl']) {
      expect(await ask(server, `lru_crawler ${what} ${classes}\r\n`)).toBe(bad)
    }
  }
  expect(await ask(server, 'lru_crawler metadump ,\r\n')).toBe('NOTSTARTED no items to crawl\r\n')
})

test('a dump does not go behind other requests of the same turn', async () => {
  const server = start()
  expect(await ask(server, 'get a\r\nlru_crawler metadump all\r\n'))
    .toBe('END\r\nERROR cannot pipeline other commands before metadump\r\n')
  expect(await ask(server, 'version\r\nlru_crawler mgdump all\r\n'))
    .toMatch(/\r\nERROR cannot pipeline other commands before mgdump\r\n$/)
})

test('one dump at a time, however many threads; a client that left ends its own', async () => {
  const items = Array.from({ length: 5000 }, (_, i) => ({ key: `${i}`.padStart(200, 'k') }))
  const server = start(items, { outputLimit: 10_000 })
  const stalled = server.connect()
  stalled.stopReading()
  stalled.send('lru_crawler metadump all\r\n')
  await server.idle()
  expect(server.shared.isDumping).toBe(true)
  expect(stalled.mostUnsent).toBeLessThan(10_000 + 2 * (1 << 17))
  const busy = 'BUSY currently processing crawler request\r\n'
  for (const what of ['metadump', 'mgdump', 'crawl']) {
    expect(await ask(server, `lru_crawler ${what} all\r\n`)).toBe(busy)
  }
  expect(await ask(server, 'stats\r\n')).toMatch(/lru_crawler_running 1\r\n/)
  stalled.leave()
  await server.idle()
  expect(server.shared.isDumping).toBe(false)
  expect(await ask(server, 'stats\r\n')).toMatch(/running 0\r\nSTAT lru_crawler_starts 1\r\n/)
})

test('a reader that stalls gets the rest when it reads on', async () => {
  const items = Array.from({ length: 5000 }, (_, i) => ({ key: `${i}`.padStart(200, 'k') }))
  const server = start(items, { outputLimit: 10_000 })
  const link = server.connect()
  link.stopReading()
  link.send('lru_crawler mgdump all\r\n')
  await server.idle()
  let text = link.takeText()
  while (!text.endsWith('EN\r\n')) {
    link.read(50_000)
    await server.idle()
    text += link.takeText()
  }
  expect(text.split('\r\n')).toHaveLength(5000 + 3)
})

test('enable, disable, sleep and tocrawl are kept, told, and passed to the engine', async () => {
  const server = start()
  expect(await ask(server, 'lru_crawler enable\r\n'))
    .toBe('ERROR failed to start lru crawler thread\r\n')
  expect(await ask(server, 'lru_crawler disable\r\nlru_crawler disable\r\n')).toBe('OK\r\nOK\r\n')
  const disabled = 'CLIENT_ERROR lru crawler disabled\r\n'
  for (const what of ['metadump', 'mgdump', 'crawl']) {
    expect(await ask(server, `lru_crawler ${what} all\r\n`)).toBe(disabled)
  }
  expect(await ask(server, 'stats settings\r\n')).toMatch(/lru_crawler no\r\n/)
  expect(await ask(server, 'lru_crawler enable\r\nlru_crawler sleep 1000000\r\n' +
    'lru_crawler tocrawl 4294967295\r\n')).toBe('OK\r\nOK\r\nOK\r\n')
  expect(await ask(server, 'stats settings\r\n')).toMatch(
    /lru_crawler yes\r\nSTAT lru_crawler_sleep 1000000\r\nSTAT lru_crawler_tocrawl 4294967295\r\n/)
  expect(await ask(server, 'lru_crawler crawl 1,2\r\nlru_crawler crawl all\r\n'))
    .toBe('OK\r\nOK\r\n')
  expect((server.core.engine as ScanningMap).obeyed).toEqual(['lru_crawler disable',
    'lru_crawler disable', 'lru_crawler enable', 'lru_crawler sleep 1000000',
    'lru_crawler tocrawl 4294967295', 'lru_crawler crawl 1,2', 'lru_crawler crawl all'])
})

test('what is asked for wrongly', async () => {
  const server = start()
  const bad = 'CLIENT_ERROR bad command line format\r\n'
  for (const [asked, told] of [
    ['', 'ERROR\r\n'], [' bogus', 'ERROR\r\n'], [' metadump', 'ERROR\r\n'],
    [' metadump all all', 'ERROR\r\n'], [' enable x', 'ERROR\r\n'], [' sleep', 'ERROR\r\n'],
    [' sleep x', bad], [' tocrawl -1', bad], [' tocrawl 4294967296', bad],
    [' sleep 1000001', 'CLIENT_ERROR sleep must be one second or less\r\n'],
    [' crawl hash', 'ERROR an unknown error happened\r\n']
  ]) expect([asked, await ask(server, `lru_crawler${asked}\r\n`)]).toEqual([asked, told])
})

test('where dumping is forbidden, and engines that can\'t', async () => {
  const closed = start([{ key: 'secret' }], { dumping: false })
  expect(await ask(closed, 'lru_crawler metadump all\r\n')).toBe('ERROR metadump not allowed\r\n')
  expect(await ask(closed, 'lru_crawler mgdump all\r\n')).toBe('ERROR key dump not allowed\r\n')
  expect(await ask(closed, 'stats cachedump 1 0\r\n'))
    .toBe('CLIENT_ERROR stats cachedump not allowed\r\n')
  const plain = new TestServer(new MapEngine())
  expect(await ask(plain, 'lru_crawler metadump all\r\n'))
    .toBe('SERVER_ERROR not supported by the engine\r\n')
  expect(await ask(plain, 'lru_crawler crawl all\r\nlru_crawler sleep 5\r\n'))
    .toBe('NOTSTARTED no items to crawl\r\nOK\r\n')
})

test.each([
  ['throws', () => { throw new Error('scan') }], ['rejects', () => Promise.reject(new Error('x'))],
  ['tells no cursor', () => NaN], ['goes backwards', () => -1]
])('an engine whose scan %s costs that dump alone', async (_, scan) => {
  const server = new TestServer(withFunction(new ScanningMap(), 'scan' as never, scan))
  const link = server.connect()
  expect(await server.askText(link, 'lru_crawler metadump all\r\n'))
    .toBe('OK\r\nSERVER_ERROR internal error of the engine\r\n')
  expect(await server.askText(link, 'stats cachedump 1 0\r\nversion\r\n'))
    .toBe('SERVER_ERROR internal error of the engine\r\nVERSION 1.6.45\r\n')
  expect(server.shared.isDumping).toBe(false)
})

test('cachedump: a class, so many, no more than two megabytes', async () => {
  const items = [{ key: 'a', value: 3, itemClass: 1 }, { key: 'b', value: 5, expires: 9 },
    { key: 'a b', itemClass: 1 }, { key: 'c', itemClass: 2 }]
  const server = start(items)
  const expires = server.clock.epoch + 9
  expect(await ask(server, 'stats cachedump 1 0\r\n'))
    .toBe(`ITEM a [3 b; 0 s]\r\nITEM b [5 b; ${expires} s]\r\nEND\r\n`)
  expect(await ask(server, 'stats cachedump 1 1\r\n')).toBe('ITEM a [3 b; 0 s]\r\nEND\r\n')
  expect(await ask(server, 'stats cachedump 5 0\r\n')).toBe('END\r\n')
  for (const [asked, told] of [['', 'bad command line'], [' 1', 'bad command line'],
    [' 200 0', 'Illegal slab id'], [' 64 0', 'Illegal slab id'],
    [' x 1', 'bad command line format'], [' 1 -1', 'bad command line format']]) {
    expect(await ask(server, `stats cachedump${asked}\r\n`)).toBe(`CLIENT_ERROR ${told}\r\n`)
  }
  const large = start(Array.from({ length: 10_000 }, (_, i) => ({ key: `${i}`.padStart(250) }))
    .map(({ key }) => ({ key: key.replaceAll(' ', 'k') })))
  const { length } = await ask(large, 'stats cachedump 1 0\r\n')
  expect(length).toBeLessThanOrEqual(2 << 20)
  expect(length).toBeGreaterThan((2 << 20) - 300)
})

test('sizes: how many items of each size, where they are to be told', async () => {
  const items = [{ key: 'a', size: 64 }, { key: 'b', size: 65 }, { key: 'c', size: 96 },
    { key: 'abc', value: 30 }]
  expect(await ask(start(items), 'stats sizes\r\n')).toBe('STAT sizes_status disabled\r\nEND\r\n')
  expect(await ask(start(items, { trackSizes: true }), 'stats sizes\r\n'))
    .toBe('STAT 64 2\r\nSTAT 96 2\r\nEND\r\n')
  expect(await ask(new TestServer(new MapEngine(), { trackSizes: true }), 'stats sizes\r\n'))
    .toBe('END\r\n')
})

test('an engine\'s answer that is not OK is the client\'s', async () => {
  const engine = withFunction(new ScanningMap(), 'administer' as never,
    (_: unknown, tell: (line: string) => void) => {
      tell('BUSY currently processing crawler request')
      return Status.SUCCESS
    })
  expect(await ask(new TestServer(engine), 'lru_crawler crawl all\r\n'))
    .toBe('BUSY currently processing crawler request\r\n')
})
