import Memcached from 'memcached'
import memjs, { type Client } from 'memjs'
import { allWays, startTarget, type Target } from './support/target.js'

type Callback = (error: unknown, result?: unknown, flags?: unknown) => void

/** Calls a function whose last argument is a callback; settles with its result. */
function call<T = unknown> (start: (callback: Callback) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, result) => {
      if (!error) resolve(result as T)
      else reject(error instanceof Error ? error : new Error('failed', { cause: error }))
    })
  })
}

describe.each(allWays)('npm clients and $title', way => {
  let server: Target
  beforeAll(async () => { server = await startTarget(way) })
  afterAll(() => server.stop())

  describe('memcached, in the text protocol', () => {
    let client: Memcached
    beforeAll(() => { client = new Memcached(`127.0.0.1:${server.port}`) })
    afterAll(() => { client.end() })

    const get = (key: string): Promise<unknown> => call(done => client.get(key, done))
    const set = (key: string, value: unknown, lifetime = 100): Promise<unknown> =>
      call(done => client.set(key, value, lifetime, done))

    test('values keep their kind', async () => {
      const long = 'long value '.repeat(20_000)
      const kinds = { text: 'caf\u00e9 \r\n end', number: 42, object: { a: [1, null] }, long }
      for (const [key, value] of Object.entries(kinds)) {
        expect(await set(key, value)).toBe(true)
        expect(await get(key)).toEqual(value)
      }
      expect(await get('none')).toBeUndefined()
    })

    test('many keys at once', async () => {
      const keys = Array.from({ length: 200 }, (_, i) => `many${i}`)
      await Promise.all(keys.map(key => set(key, `value of ${key}`)))
      const found = await call<Record<string, string>>(done => client.getMulti(keys, done))
      expect(Object.keys(found)).toHaveLength(200)
      expect(found['many7']).toBe('value of many7')
    })

    test('add, replace, append, prepend', async () => {
      expect(await call(done => client.add('a', 'x', 100, done))).toBe(true)
      await expect(call(done => client.add('a', 'y', 100, done))).rejects.toThrow('not stored')
      expect(await call(done => client.replace('a', 'mid', 100, done))).toBe(true)
      await expect(call(done => client.replace('b', 'x', 100, done))).rejects.toThrow('not stored')
      expect(await call(done => client.append('a', '>', done))).toBe(true)
      expect(await call(done => client.prepend('a', '<', done))).toBe(true)
      expect(await get('a')).toBe('<mid>')
    })

    test('gets and cas', async () => {
      await set('c', 'x')
      const { cas } = await call<{ cas: string }>(done => client.gets('c', done))
      expect(await call(done => client.cas('c', 'y', cas, 100, done))).toBe(true)
      expect(await call(done => client.cas('c', 'z', cas, 100, done))).toBe(false)
      expect(await get('c')).toBe('y')
    })

    test('incr, decr, touch, del', async () => {
      await set('n', 5)
      expect(await call(done => client.incr('n', 10, done))).toBe(15)
      expect(await call(done => client.decr('n', 1, done))).toBe(14)
      expect(await call(done => client.incr('none', 1, done))).toBe(false)
      expect(await call(done => client.touch('n', 1000, done))).toBe(true)
      expect(await call(done => client.touch('none', 1000, done))).toBe(false)
      expect(await call(done => client.del('n', done))).toBe(true)
      expect(await call(done => client.del('n', done))).toBe(false)
    })

    test('version, stats, settings, slabs, items, flush', async () => {
      await set('s', 'x')
      const version = await call<Array<{ version: string }>>(done => client.version(done))
      expect(version[0].version).toMatch(/^\d+\.\d+\.\d+$/)
      const stats = await call<Array<Record<string, number>>>(done => client.stats(done))
      expect(stats[0]['curr_items']).toBeGreaterThan(0)
      const settings = await call<Array<Record<string, number>>>(done => client.settings(done))
      expect(settings[0]['maxbytes']).toBe(64 << 20)
      const slabs = await call<Array<Record<string, { used_chunks: number }>>>(
        done => client.slabs(done))
      const classes = Object.values(slabs[0]).filter(told => told.used_chunks > 0)
      expect(classes.length).toBeGreaterThan(0)
      const items = await call<Array<Record<string, { number: number }>>>(
        done => client.items(done))
      expect(Object.values(items[0]).some(told => told.number > 0)).toBe(true)
      await call(done => client.flush(done))
      expect(await get('s')).toBeUndefined()
    })
  })

  describe('memjs, in the binary protocol', () => {
    const log = (): void => {}
    let client: Client
    beforeAll(() => {
      const logger = { log }
      client = memjs.Client.create(`127.0.0.1:${server.port}`, { logger, timeout: 10 })
    })
    afterAll(() => { client.close() })

    const get = async (key: string): Promise<string | undefined> =>
      (await client.get(key)).value?.toString()

    test('set and get', async () => {
      expect(await client.set('j', 'value', {})).toBe(true)
      expect(await get('j')).toBe('value')
      expect((await client.get('none')).value).toBeNull()
      const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 31) & 255))
      await client.set('bytes', bytes, { expires: 100 })
      expect((await client.get('bytes')).value.equals(bytes)).toBe(true)
    })

    test('add, replace, append, prepend', async () => {
      expect(await client.add('ja', 'x', {})).toBe(true)
      expect(await client.add('ja', 'y', {})).toBe(false)
      expect(await client.replace('ja', 'mid', {})).toBe(true)
      expect(await client.replace('jb', 'x', {})).toBe(false)
      expect(await client.append('ja', '>')).toBe(true)
      expect(await client.prepend('ja', '<')).toBe(true)
      // memjs 1.3 sends the opcode of append for prepend too.
      expect(await get('ja')).toBe('mid><')
      await expect(client.append('jb', '>')).rejects.toThrow('not stored')
    })

    test('increment, decrement, touch, delete', async () => {
      expect((await client.increment('jn', 1, { initial: 5 })).value).toBe(5)
      expect((await client.increment('jn', 10, {})).value).toBe(15)
      expect((await client.decrement('jn', 1, {})).value).toBe(14)
      expect(await client.touch('jn', 1000)).toBe(true)
      expect(await client.touch('none', 1000)).toBe(false)
      expect(await client.delete('jn')).toBe(true)
      expect(await client.delete('jn')).toBe(false)
    })

    test('many at once on one connection', async () => {
      const names = Array.from({ length: 300 }, (_, i) => `jm${i}`)
      await Promise.all(names.map(name => client.set(name, `value of ${name}`, {})))
      const values = await Promise.all(names.map(get))
      expect(values).toEqual(names.map(name => `value of ${name}`))
    })

    test('stats, resetStats, flush', async () => {
      const stats = await call<Record<string, string>>(done => {
        client.stats((error, _server, told) => { done(error, told) })
      })
      expect(Number(stats['curr_items'])).toBeGreaterThan(0)
      await call(done => { client.resetStats(done) })
      await client.set('jf', 'x', {})
      await client.flush()
      expect((await client.get('jf')).value).toBeNull()
    })

    test('quit', async () => {
      const other = memjs.Client.create(`127.0.0.1:${server.port}`)
      await other.set('q', 'x', {})
      other.quit()
      expect(await get('q')).toBe('x')
    })
  })
})
