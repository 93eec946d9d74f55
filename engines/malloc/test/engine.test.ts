import { ConfigError, Status } from '@memplug/engine'
import { Client } from './client.js'
import { random } from './random.js'

const MEBIBYTE = 2 ** 20

let client: Client
const open = (...parameters: ConstructorParameters<typeof Client>) => {
  client = new Client(...parameters)
}
afterEach(() => { client.engine.destroy() })

/** Sizes of values as Facebook's ETC pool has them: mostly some hundred bytes, a few large. */
function etc (seed: number): () => number {
  const pick = random(seed)
  return () => Math.min(Math.ceil(214.476 * ((1 - pick()) ** -0.348238 - 1) / 0.348238), 65536) || 1
}

test.each([10, 40])('a full cache takes %i uploads of 500 KB at once', count => {
  open()
  client.fill(etc(count))
  const uploads = Array.from({ length: count }, (_, i) => client.allocate(`large-${i}`, 500_000))
  expect(uploads.map(({ status }) => status)).toEqual(uploads.map(() => Status.SUCCESS))
  for (const { op } of uploads) {
    expect(client.engine.store(op)).toBe(Status.SUCCESS)
    client.engine.release(op)
  }
  for (let i = 0; i < count; i++) expect(client.has(`large-${i}`)).toBe(true)
})

test('never more than the memory limit is in use', () => {
  open({ memoryLimit: 8 * MEBIBYTE })
  const size = etc(1)
  let refused = 0
  for (let i = 0; i < 50_000; i++) {
    if (client.set(`key-${i}`, size()) !== Status.SUCCESS) refused++
    if (i % 1000 !== 0) continue
    expect(client.stats('slabs').total_malloced).toBeLessThanOrEqual(8 * MEBIBYTE)
    expect(client.stats().bytes).toBeLessThanOrEqual(8 * MEBIBYTE)
  }
  expect(refused).toBe(0)
  expect(client.stats().bytes).toBeGreaterThan(7 * MEBIBYTE)
})

test('over 160,000 items of mixed sizes fit in 64 MiB', () => {
  open()
  const pick = etc(12345)
  // Keys of 20 bytes, as in the benchmark; fill()'s are shorter.
  expect(client.fill(() => pick() + 9)).toBeGreaterThan(150_000)
  expect(client.stats().bytes).toBeGreaterThan(0.94 * 64 * MEBIBYTE)
})

test('memory full of small items becomes memory for larger ones', () => {
  open({ memoryLimit: 16 * MEBIBYTE })
  client.fill(() => 100)
  const count = Math.floor(16 * MEBIBYTE / 5120)
  for (let i = 0; i < 2 * count; i++) client.set(`large-${i}`, 5000)
  const found = Array.from({ length: 2 * count }, (_, i) => client.has(`large-${i}`))
  expect(found.filter(Boolean).length).toBeGreaterThan(0.95 * count)
})

test('an item may be as large as -I and the memory allow', () => {
  open({ memoryLimit: 2048 * MEBIBYTE, maxItemSize: 1024 * MEBIBYTE })
  const most = 1024 * MEBIBYTE - 48 - 3
  expect(client.engine.testCapacity(3, most)).toBe(Status.SUCCESS)
  expect(client.engine.testCapacity(3, most + 1)).toBe(Status.TOO_LARGE)
  client.set('small', 100)
  expect(client.set('key', most)).toBe(Status.SUCCESS)
  expect(client.has('key')).toBe(true)
})

test('an item larger than all the memory is too large', () => {
  open({ memoryLimit: 4 * MEBIBYTE, maxItemSize: 1024 * MEBIBYTE })
  expect(client.engine.testCapacity(3, 4 * MEBIBYTE - 48 - 3)).toBe(Status.SUCCESS)
  expect(client.engine.testCapacity(3, 4 * MEBIBYTE - 48 - 2)).toBe(Status.TOO_LARGE)
})

test('without evictions a full cache refuses, but takes the place of what has expired', () => {
  open({ memoryLimit: 2 * MEBIBYTE, evictions: false })
  let count = 0
  while (client.set(`key-${count}`, 10_000, 100) === Status.SUCCESS) count++
  expect(count).toBe(Math.floor(2048 / 10))
  expect(client.set('large', 300_000)).toBe(Status.NO_MEMORY)
  expect(client.has('key-0')).toBe(true)
  expect(client.stats().evictions).toBe(0)
  client.host.clock.time += 200
  expect(client.set('large', 300_000)).toBe(Status.SUCCESS)
})

test('slabs and items are told in rows of memcached, for every class in use', () => {
  open()
  for (let i = 0; i < 100; i++) client.set(`key-${i}`, 100)
  for (let i = 0; i < 3; i++) client.set(`large-${i}`, 100_000)
  client.set('large-3', 70_000)
  const slabs = client.stats('slabs')
  const numbers = Object.keys(slabs).flatMap(name => /^(\d+):chunk_size$/.exec(name)?.[1] ?? [])
  expect(slabs.active_slabs).toBe(2)
  expect(numbers.map(number => slabs[`${number}:chunk_size`])).toEqual([160, 92_928])
  expect(numbers.map(number => slabs[`${number}:used_chunks`])).toEqual([100, 4])
  for (const number of numbers) {
    expect(Number(slabs[`${number}:total_pages`]) * Number(slabs[`${number}:chunks_per_page`]))
      .toBe(slabs[`${number}:total_chunks`])
  }
  const items = client.stats('items')
  expect(numbers.map(number => items[`items:${number}:number`])).toEqual([100, 4])
})

test('extents are told in bytes', () => {
  open({ memoryLimit: 8 * MEBIBYTE })
  for (let i = 0; i < 3; i++) client.set(`large-${i}`, 100_000)
  const stats = client.stats('extents')
  expect(stats).toMatchObject({
    allocated: 3 * 98 * 1024, active: 3 * 98 * 1024, mapped: 8 * MEBIBYTE, windows: 0, discarded: 0
  })
  expect(stats.resident).toBeGreaterThanOrEqual(3 * 98 * 1024)
  expect(Number(stats.resident) + Number(stats.retained)).toBe(stats.mapped)
  expect(client.engine.getStats('malloc', () => {})).toBe(Status.NOT_FOUND)
})

test('a config that it does not know, or that is no number, is refused', () => {
  open()
  expect(() => new Client({}, { decays: '1' })).toThrow(ConfigError)
  expect(() => new Client({}, { decays: '1' })).toThrow('known are decay, reserve')
  expect(() => new Client({}, { decay: '-1' })).toThrow(ConfigError)
  expect(() => new Client({}, { reserve: 'much' })).toThrow(ConfigError)
})
