import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { RawClient, show } from './support/client.js'
import { Folder } from './support/executable.js'
import { isSubstitute, startServer, type ServerProcess } from './support/server.js'

/**
 * What the t/ of memcached 1.6.45 asks for and that of 1.6.18 does not: each block is named after
 * the file there. test/memcached-suite/README.md lists what else there is, and where it is tested.
 */

const describeOurs = isSubstitute ? describe.skip : describe
const folder = new Folder()
const servers: ServerProcess[] = []
afterEach(() => Promise.all(servers.splice(0).map(server => server.stop())))
afterAll(() => { folder.remove() })

/** A server, and a connection to ask it things in memcached's words. */
class Asked {
  readonly #client: RawClient

  static async start (engine: string, ...flags: string[]): Promise<Asked> {
    const server = await startServer(engine, ['--enable-debug-commands', ...flags])
    servers.push(server)
    return new Asked(await RawClient.connect(server.port))
  }

  constructor (client: RawClient) { this.#client = client }

  /** Answers so many lines, without their ends. */
  async lines (request: string, count = 1): Promise<string[]> {
    const isWhole = () => this.#client.peek().toString('latin1').split('\n').length > count
    this.#client.send(`${request}\r\n`)
    await this.#client.until(isWhole)
    if (!isWhole()) throw new Error(`to ${show(request)} there came ${show(this.#client.take())}`)
    return this.#client.take().toString('latin1').split(/\r?\n/).slice(0, -1)
  }

  async line (request: string): Promise<string> {
    return (await this.lines(request)).join('\n')
  }

  async stats (group = ''): Promise<Record<string, string>> {
    this.#client.send(`stats ${group}\r\n`)
    await this.#client.until(() => this.#client.peek().toString('latin1').endsWith('END\r\n'))
    const lines = this.#client.take().toString('latin1').split('\r\n').slice(0, -2)
    return Object.fromEntries(lines.map(line => line.split(' ').slice(1) as [string, string]))
  }

  async stat (name: string): Promise<number> { return Number((await this.stats())[name]) }

  /** Asks until it is so. */
  async until (isSo: (stats: Record<string, string>) => boolean): Promise<void> {
    for (let tries = 0; tries < 500; tries++) {
      if (isSo(await this.stats())) return
      await sleep(20)
    }
    throw new Error(`it stays ${show(JSON.stringify(await this.stats()), 4000)}`)
  }

  set (key: string, value: string): Promise<string> {
    return this.line(`set ${key} 0 0 ${value.length}\r\n${value}`)
  }

  /** Stores until something has to go; answers how many are there then. */
  async fill (prefix: string, value: string): Promise<number> {
    const before = await this.stat('evictions')
    for (let count = 0; count < 10_000; count++) {
      expect(await this.set(`${prefix}${count}`, value)).toBe('STORED')
      if (count % 10 === 9 && await this.stat('evictions') > before) return count + 1
    }
    throw new Error('it never is full')
  }

  async remove (prefix: string, from: number, to: number): Promise<void> {
    for (let i = from; i < to; i++) expect(await this.line(`delete ${prefix}${i}`)).toBe('DELETED')
  }

  /** The classes that have pages, the one with most of them first. */
  async classes (): Promise<{ id: number, pages: number }[]> {
    return Object.entries(await this.stats('slabs'))
      .filter(([name, value]) => name.endsWith(':total_pages') && value !== '0')
      .map(([name, value]) => ({ id: parseInt(name), pages: Number(value) }))
      .sort((one, other) => other.pages - one.pages)
  }

  /** Has one page moved. */
  async move (from: number, to: number): Promise<void> {
    const before = await this.stat('slabs_moved')
    expect(await this.line(`slabs reassign ${from} ${to}`)).toBe('OK')
    await this.until(stats => Number(stats['slabs_moved']) > before)
  }

  /** Gives all pages of a class but one back. */
  async empty (id: number): Promise<void> {
    const { pages } = (await this.classes()).find(one => one.id === id)!
    for (let i = 1; i < pages; i++) await this.move(id, 0)
    expect(await this.line(`slabs reassign ${id} 0`))
      .toBe('NOSPARE source class has no spare pages')
  }
}

interface Exchange { request: string, reply: string[] }

/** replies-1.6.45.txt. */
function readReplies (): Exchange[] {
  const path = new URL('memcached-suite/replies-1.6.45.txt', import.meta.url)
  const exchanges: Exchange[] = []
  for (const line of readFileSync(path, 'utf8').trimEnd().split('\n')) {
    if (line.startsWith('#')) continue
    if (line.startsWith('> ')) exchanges.push({ request: line.slice(2), reply: [] })
    else exchanges.at(-1)!.reply.push(line)
  }
  return exchanges
}

const asRequest = (text: string): string => text.replaceAll('\\r\\n', '\r\n')
  .replace(/(.)\*(\d+)/, (_, byte: string, count: string) => byte.repeat(Number(count)))
const asPattern = (line: string): RegExp =>
  new RegExp(`^${line.replace(/[.?+^$()|[\]\\]/g, '\\$&').replaceAll('*', '\\S+')}$`)

/** Where memplug means to answer otherwise. */
const ours: Record<string, string> = {
  // The test starts it with -v.
  'STAT verbosity 0': 'STAT verbosity 1'
}
/** As memccapable, which 1.6.45 fails, wants it. */
const DELETE_WITH_TIME = 'delete foo 5'
/** What an engine without memcached's classes answers otherwise. */
const OF_CLASSES = /^(stats (items|slabs|settings|cachedump 1)|slabs|lru|me foo|cache_memlimit 8)/

describeOurs.each(['slab', 'malloc'])("1.6.45's replies, from %s", engine => {
  test('are those that memcached was seen to give', async () => {
    const asked = await Asked.start(engine, '-A', '-I', '1024', '-o',
      'relaxed_privileges,no_lru_crawler,no_lru_maintainer,slab_chunk_max=1')
    const differing: object[] = []
    for (const { request, reply } of readReplies()) {
      if (request === 'quit' || request === DELETE_WITH_TIME) continue
      if (engine !== 'slab' && OF_CLASSES.test(request)) continue
      const got = await asked.lines(asRequest(request), reply.length)
      const wanted = reply.map(line => ours[line] ?? line)
      const isWrong = (line: string, i: number) => !asPattern(wanted[i] ?? '').test(line)
      const wrong = got.length === wanted.length ? got.filter(isWrong) : got
      if (wrong.length > 0) differing.push({ request, wrong, wanted })
    }
    expect(differing).toEqual([])
  })
})

describeOurs.each(['slab', 'malloc'])('%s', engine => {
  test('ascii-auth2.t: a file of one user, whose line does not end', async () => {
    const file = folder.join('users')
    writeFileSync(file, 'foo:bar')
    const asked = await Asked.start(engine, '-Y', file)
    expect(await asked.line('set foo 0 0 7\r\nfoo bab')).toMatch(/^CLIENT_ERROR/)
    expect(await asked.line('set foo 0 0 7\r\nfoo bar')).toBe('STORED')
    expect(await asked.set('toast', 'hi')).toBe('STORED')
    expect(await asked.lines('get toast', 3)).toEqual(['VALUE toast 0 2', 'hi', 'END'])
  })

  test('flush-all.t: without cas ids, too, what is set right after a flush stays', async () => {
    const asked = await Asked.start(engine, '-C')
    for (let i = 0; i < 50; i++) {
      expect(await asked.line('flush_all 0')).toBe('OK')
      expect(await asked.set('foo', 'new')).toBe('STORED')
      expect(await asked.lines('get foo', 3)).toEqual(['VALUE foo 0 3', 'new', 'END'])
    }
  })

  test('getset.t: 2,000 blanks are too many for an incr whose line does not end', async () => {
    const asked = await Asked.start(engine)
    expect(await asked.lines(`get foo${' '.repeat(2048)}foo`, 1)).toEqual(['END'])
    const client = await RawClient.connect(servers[0].port)
    client.send(`incr foo${' '.repeat(2048)}`)
    expect(show(await client.untilClosed())).toBe('""')
  })
})

describeOurs('slabs-cas.t', () => {
  test('an item has the same cas id after it was moved', async () => {
    const asked = await Asked.start('slab', '-m', '8', '-o', 'slab_reassign,no_slab_automove')
    const large = 'x'.repeat(70_000)
    for (let i = 1; i <= 60; i++) expect(await asked.set(`b${i}`, large)).toBe('STORED')
    expect((await asked.stats('items'))['items:31:number']).toBe('60')
    const [before, value] = await asked.lines('gets b5', 3)
    expect(before).toMatch(/^VALUE b5 0 70000 [1-9]\d*$/)
    // So that there is room to move what is on the first page.
    await asked.remove('b', 6, 20)
    await asked.remove('b', 21, 61)
    await asked.move(31, 5)
    expect(await asked.stat('slab_reassign_rescues')).toBeGreaterThan(0)
    expect(await asked.lines('gets b5', 3)).toEqual([before, value, 'END'])
    // Of the pages that the class had there is none left to spare but in the pool.
    await asked.move(31, 5)
    expect(await asked.lines('gets b5', 3)).toEqual([before, value, 'END'])
  })
})

describeOurs('slabs_reassign.t', () => {
  test('39 is the last class that pages can be moved to', async () => {
    const asked = await Asked.start('slab', '-m', '4', '-o', 'no_slab_automove')
    await asked.fill('a', 'x'.repeat(66_560))
    expect(await asked.line('slabs reassign 31 64'))
      .toBe('BADCLASS invalid src or dst class id')
    expect(await asked.line('slabs reassign 31 60'))
      .toBe('BADCLASS invalid src or dst class id')
    await asked.move(31, 39)
    expect((await asked.classes()).find(({ id }) => id === 39)).toEqual({ id: 39, pages: 1 })
  })
})

describeOurs('slabs-mover.t', () => {
  const start = (): Promise<Asked> => Asked.start('slab', '-m', '12', '-o',
    'no_lru_crawler,slab_reassign,slab_automove=0,slab_chunk_max=16')
  const NINE_KB = 'x'.repeat(9000)

  test('what is asked for wrongly', async () => {
    const asked = await start()
    expect(await asked.stats(' settings')).toMatchObject({ slab_reassign: 'yes' })
    expect(await asked.line('slabs reassign a b')).toBe('CLIENT_ERROR bad command line format')
    expect(await asked.line('slabs reassign 5')).toBe('ERROR')
    expect(await asked.line('slabs reassign 1 1')).toBe('SAME src and dst class are identical')
    expect(await asked.line('slabs reassign -5 70')).toBe('BADCLASS invalid src or dst class id')
    expect(await asked.line('slabs reassign 2 1')).toBe('NOSPARE source class has no spare pages')
  })

  test('pages of a full class go to another, and all of them back to the pool', async () => {
    const asked = await start()
    await asked.fill('big', 'x'.repeat(15_000))
    await asked.fill('small', 'y'.repeat(2000))
    const [big, small, ...others] = await asked.classes()
    expect(others).toEqual([])
    expect(big.id).toBeGreaterThan(small.id)
    expect(await asked.stat('slabs_moved')).toBe(0)
    const evictions = await asked.stat('evictions')
    await asked.move(big.id, small.id)
    expect(await asked.classes()).toEqual([
      { id: big.id, pages: big.pages - 1 }, { id: small.id, pages: small.pages + 1 }
    ])
    expect(await asked.stat('slab_reassign_busy_nomem')).toBeGreaterThan(1)
    expect(await asked.stat('evictions')).toBeGreaterThan(evictions + 10)
    await asked.move(big.id, small.id)
    await asked.empty(big.id)
    await asked.empty(small.id)
    expect(await asked.stat('slab_global_page_pool')).toBe(10)
  })

  test('large items are moved whole: the oldest go where there is no room, else none', async () => {
    const asked = await start()
    const value = Array.from({ length: 30_000 }, (_, i) => 'CDEFGHIJKLM'[i * i % 11]).join('')
    const count = await asked.fill('c', value)
    const [{ id }] = await asked.classes()
    const full = await asked.stat('evictions')
    await asked.move(id, 0)
    expect(await asked.stat('evictions')).toBeGreaterThan(full)
    const rescued = await asked.stat('slab_reassign_chunk_rescues')
    // Some of each page, or it would be in the pool at once.
    for (let i = count - 150; i < count; i += 2) await asked.remove('c', i, i + 1)
    const before = await asked.stats()
    await asked.move(id, 0)
    const after = await asked.stats()
    expect(after).toMatchObject({
      evictions: before['evictions'],
      slab_reassign_busy_deletes: before['slab_reassign_busy_deletes']
    })
    expect(await asked.stat('slab_reassign_chunk_rescues')).toBeGreaterThan(rescued)
    let hits = 0
    for (let i = 0; i < count; i++) {
      const reply = await asked.lines(`get c${i}\r\nmn`, 2)
      if (reply[0] === 'END') continue
      expect(reply[1] === value || reply.length === 2).toBe(true)
      hits++
    }
    expect(hits).toBe(Number(after['curr_items']))
    await asked.empty(id)
    expect(await asked.stat('slab_global_page_pool')).toBeGreaterThan(6)
  })

  test('a page waits as long as somebody holds what is on it', async () => {
    const asked = await start()
    await asked.fill('l', NINE_KB)
    const [{ id }] = await asked.classes()
    // It is on the oldest page, which is the first to be moved.
    expect(await asked.line('debugitem lock l50')).toBe('OK')
    expect(await asked.line(`slabs reassign ${id} 0`)).toBe('OK')
    await asked.until(stats => Number(stats['slab_reassign_busy_items']) > 500)
    expect(await asked.stats()).toMatchObject({ slab_reassign_running: '1', slabs_moved: '0' })
    expect(await asked.line('debugitem unlock l50')).toBe('OK')
    await asked.until(stats => Number(stats['slabs_moved']) === 1)
    expect(await asked.stat('slab_reassign_running')).toBe(0)
    await asked.empty(id)
    expect(await asked.stat('slab_global_page_pool')).toBeGreaterThan(5)
  })

  test('what has expired is no hindrance', async () => {
    const asked = await start()
    let count = 0
    for (const before = await asked.stat('evictions'); ; count++) {
      expect(await asked.line(`ms e${count} 9000 T${count % 2 === 0 ? 0 : 30}\r\n${NINE_KB}`))
        .toBe('HD')
      if (count % 10 === 9 && await asked.stat('evictions') > before) break
    }
    expect(await asked.line('debugtime p')).toBe('OK')
    expect(await asked.line('debugtime 60')).toBe('OK')
    const [{ id }] = await asked.classes()
    await asked.empty(id)
    expect(await asked.stat('slab_global_page_pool')).toBeGreaterThan(6)
  })

  test('items that are referred to are busy, and the page is not moved', async () => {
    const asked = await start()
    await asked.fill('r', NINE_KB)
    for (let i = 20; i < 300; i++) expect(await asked.line(`debugitem ref r${i}`)).toBe('OK')
    const [{ id }] = await asked.classes()
    const before = await asked.stats()
    expect(await asked.line(`slabs reassign ${id} 0`)).toBe('OK')
    await asked.until(stats => Number(stats['slab_reassign_busy_items']) > 500)
    expect(await asked.stats()).toMatchObject({
      slabs_moved: before['slabs_moved'], slab_reassign_last_busy_status: 'busy_floating'
    })
  })
})

describeOurs('slabs-reassign-chunked.t', () => {
  test('values of 11,000 bytes stay whole while pages are taken from their class', async () => {
    const asked = await Asked.start('slab', '-m', '60', '-o',
      'slab_reassign,slab_automove,lru_crawler,lru_maintainer,slab_chunk_max=4')
    const value = Array.from({ length: 11_000 }, (_, i) => 'CDEFGHIJKLM'[i * i % 11]).join('')
    for (let i = 0; i < 5100; i += 100) {
      const sets = Array.from({ length: 100 }, (_, j) =>
        `set n${i + j} 0 0 11000 noreply\r\n${value}\r\n`).join('')
      expect(await asked.line(`${sets}mn`)).toBe('MN')
    }
    expect(await asked.stat('curr_items')).toBeGreaterThan(4000)
    const [{ id }] = await asked.classes()
    for (let i = 0; i < 3; i++) await asked.move(id, 0)
    expect(await asked.stat('slab_global_page_pool')).toBeGreaterThan(0)
    expect(await asked.stat('slab_reassign_chunk_rescues')).toBeGreaterThan(0)
    let hits = 0
    for (let i = 0; i < 5100; i++) {
      const [head, body] = await asked.lines(`mg n${i} v`, 1)
      if (head === 'EN') continue
      expect({ i, head, isWhole: body === value }).toEqual({ i, head: 'VA 11000', isWhole: true })
      hits++
    }
    expect(hits).toBe(await asked.stat('curr_items'))
  })
})
