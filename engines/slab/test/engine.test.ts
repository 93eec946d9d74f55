import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ConfigError, Status } from '@memplug/engine'
import { Memory } from '@memplug/arena'
import { DEFAULT_SETTINGS, TestHost } from '@memplug/engine-kit'
import { audit } from '../../../packages/arena/test/audit.js'
import { Client, MEGABYTE } from '../../../packages/arena/test/client.js'
import { reserveArena } from '../../../packages/arena/src/shared.js'
import { SlabAllocator } from '../src/allocator.js'
import { Classes, makeSizes } from '../src/classes.js'
import createDefault, { createEngine, SlabEngine } from '../src/index.js'
import { reserveSlabs } from '../src/shared.js'

const start = (settings = {}, config = {}) => new Client(new SlabEngine(), settings, config)

/** The chunk sizes that are in use. */
const chunkSizes = (client: Client) => Object.entries(client.stats('slabs'))
  .filter(([name]) => name.endsWith(':chunk_size')).map(([, size]) => size)

test('the engine is exported by name and by default', () => {
  expect(createDefault).toBe(createEngine)
  expect(createEngine().getInfo()).toEqual({
    apiVersion: 1, name: 'slab', version: '0.1.0',
    features: ['cas', 'lru', 'shared', 'meta', 'scan', 'admin', 'foresight', 'restart']
  })
})

test('the classes are told to whoever debugs, in memcached\'s words, once', () => {
  const client = new Client(new SlabEngine(), {}, {}, 2)
  const { lines } = client.host
  expect(lines).toHaveLength(39)
  expect(lines[38]).toEqual(
    ['debug', 'slab class  39: chunk size    524288 perslab       2'])
  const second = new TestHost({}, {}, undefined, { thread: 1, threads: 2 })
  second.shared = client.host.shared
  new SlabEngine().initialize(second)
  expect(second.lines).toEqual([])
  client.stop()
})

test('an item has header, key and value: 48 bytes, and no more than -I', () => {
  const client = start()
  expect(client.engine.testCapacity(20, 1048500)).toBe(Status.SUCCESS)
  expect(client.engine.testCapacity(20, 1048576)).toBe(Status.TOO_LARGE)
  expect(client.engine.testCapacity(28, 1048500)).toBe(Status.SUCCESS)
  expect(client.engine.testCapacity(29, 1048500)).toBe(Status.TOO_LARGE)
  expect(client.engine.testCapacity(251, 1)).toBe(Status.TOO_LARGE)
  expect(client.engine.testCapacity(1, -1)).toBe(Status.TOO_LARGE)
  expect(client.set('a'.repeat(28), 'x'.repeat(1048500))).toBe(Status.SUCCESS)
  expect(client.set('k', 'x'.repeat(96 - 48 - 1))).toBe(Status.SUCCESS)
  expect(client.set('k1', 'x'.repeat(96 - 48 - 1))).toBe(Status.SUCCESS)
  expect(chunkSizes(client)).toEqual([96, 120, MEGABYTE])
  client.stop()
})

test('an item can be no larger than the neighbouring pages there are', () => {
  const client = start({ memoryLimit: 4 * MEGABYTE, maxItemSize: 64 * MEGABYTE })
  expect(client.engine.testCapacity(1, 4 * MEGABYTE - 49)).toBe(Status.SUCCESS)
  expect(client.engine.testCapacity(1, 4 * MEGABYTE - 48)).toBe(Status.TOO_LARGE)
  expect(client.set('a', 'x'.repeat(4 * MEGABYTE - 49))).toBe(Status.SUCCESS)
  expect(client.set('b', 'x')).toBe(Status.SUCCESS)
  expect(client.get('a')).toBeNull()
  client.stop()
})

test('items take exactly the memory that -m allows', () => {
  const client = start({ memoryLimit: 3.7 * MEGABYTE })
  for (let i = 0; i < 60_000; i++) client.set(`${i}`, 'x'.repeat(90))
  expect(client.stats('slabs').total_malloced).toBe(3 * MEGABYTE)
  const { bytes } = client.arena.memory
  // The first mebibyte is reserved so that no item has the name 0; it is never touched.
  expect(bytes[0].subarray(0, MEGABYTE).every(byte => byte === 0)).toBe(true)
  // Nor is what is reserved for cache_memlimit.
  expect(bytes[0].subarray(4 * MEGABYTE).every(byte => byte === 0)).toBe(true)
  expect(client.stats()).toMatchObject({ curr_items: 3 * 6898, evictions: 60_000 - 3 * 6898 })
  client.stop()
})

test('less than a page is a page', () => {
  const client = start({ memoryLimit: 1000 })
  expect(client.set('a', 'x'.repeat(1_000_000))).toBe(Status.SUCCESS)
  client.stop()
})

test('slab_sizes gives the chunks for whole items', () => {
  const client = start({}, { slab_sizes: '200,1000' })
  client.set('k'.repeat(20), 'x'.repeat(200 - 48 - 20))
  client.set('k'.repeat(21), 'x'.repeat(200 - 48 - 20))
  client.set('large', 'x'.repeat(1000))
  expect(chunkSizes(client)).toEqual([200, 1000, 524288])
  client.stop()
})

test('slab_chunk_max makes chunks of whole pages, or ends the classes before half a page', () => {
  const whole = start({}, { slab_chunk_max: '1024' })
  whole.set('large', 'x'.repeat(900_000))
  expect(whole.stats('slabs')['42:chunk_size']).toBe(MEGABYTE)
  whole.stop()
  const small = start({}, { slab_chunk_max: '16' })
  expect(small.host.lines.at(-1)).toEqual(
    ['debug', 'slab class  23: chunk size     16384 perslab      64'])
  small.set('large', 'x'.repeat(900_000))
  expect(small.stats('slabs')).toMatchObject({
    '23:chunk_size': 16384, '23:chunks_per_page': 64, '23:total_chunks': 64, '23:used_chunks': 55
  })
  expect(small.stats('items')).toMatchObject({ 'items:23:number': 1 })
  expect(small.stats('settings')).toMatchObject({ slab_chunk_max: 16384 })
  small.stop()
})

test.each([
  [{ slab_size: '200' }, /unknown engine config 'slab_size': known are slab_sizes, preallocate/],
  [{ slab_sizes: '200,100' }, /'slab_sizes': 100 is not larger than 200/],
  [{ slab_sizes: '1' }, /'slab_sizes': 1 is not a whole number from 56 to 524280/],
  [{ slab_sizes: 'x' }, /'slab_sizes'/],
  [{ slab_sizes: '5000', slab_chunk_max: '4' }, /5000 is not a whole number from 56 to 4088/],
  [{ slab_chunk_max: '600' }, /'slab_chunk_max': 600 kilobytes do not divide a page of 1024/],
  [{ slab_chunk_max: '0' }, /'slab_chunk_max'/],
  [{ preallocate: 'yes' }, /'preallocate'/]
])('the config %j is refused', (config, message) => {
  const host = new TestHost({}, config)
  expect(() => new SlabEngine().initialize(host)).toThrow(ConfigError)
  expect(() => new SlabEngine().initialize(host)).toThrow(message)
  expect(host.shared).toBeUndefined()
})

test('preallocate=true leaves nothing to be committed later', () => {
  const script = fileURLToPath(new URL('./processes/preallocate.mjs', import.meta.url))
  const growth = (config: string) => Number(execFileSync(process.execPath, [script, config]))
  expect(growth('true')).toBeGreaterThan(195)
  expect(growth('false')).toBeLessThan(50)
})

test('granules of 16 bytes, as for more than 32 GiB, do as well as those of 8', () => {
  // Of so much memory only the beginning is there.
  const pages = 33 * 1024
  const shared = { pages, segments: [new SharedArrayBuffer(20 * MEGABYTE)] }
  const memory = new Memory(shared)
  expect(memory.granuleBits).toBe(4)
  const sizes = makeSizes(DEFAULT_SETTINGS, 16)
  const slabs = reserveSlabs(pages, sizes)
  const allocator = new SlabAllocator(slabs, memory, new Classes(sizes))
  const host = new TestHost()
  const arena = reserveArena(host, { ...shared, pages: 19 }, allocator)
  host.shared = { arena: { ...arena, memory: shared }, allocator: slabs }
  const client = new Client(new SlabEngine(), host)
  for (let i = 0; i < 30_000; i++) client.set(`${i}`, `${i}`.padEnd(i % 300))
  for (let i = 0; i < 30_000; i++) expect(client.get(`${i}`)!.trimEnd()).toBe(`${i}`)
  expect(chunkSizes(client).slice(0, 4)).toEqual([96, 128, 160, 208])
  audit(client.arena)
  client.stop()
})

test('an engine begins anew after its end', () => {
  const client = start()
  client.set('a', 'b')
  client.stop()
  expect(client.host.shared).toBeUndefined()
  client.engine.initialize(client.host)
  expect(client.get('a')).toBeNull()
  expect(client.set('a', 'c')).toBe(Status.SUCCESS)
  client.stop()
})

test('keys hash differently at every start', () => {
  const hashes = [1, 2].map(() => {
    const client = start()
    const hash = client.arena.hasher.hash(Buffer.from('key'), 0, 3)
    client.stop()
    return hash
  })
  expect(hashes[0]).not.toBe(hashes[1])
})
