import { setTimeout as sleep } from 'node:timers/promises'
import { Status } from '@memplug/engine'
import { MallocEngine } from '../src/index.js'
import { Client } from './client.js'
import { random } from './random.js'

const MEBIBYTE = 2 ** 20

let client: Client
const open = (...parameters: ConstructorParameters<typeof Client>) => {
  client = new Client(...parameters)
}
afterEach(() => { client.engine.destroy() })

function limitTo (megabytes: number | string): string {
  const lines: string[] = []
  client.engine.administer(['cache_memlimit', String(megabytes)], line => { lines.push(line) })
  return lines.join('\n')
}

const mapped = () => Number(client.stats('extents').mapped) / MEBIBYTE
const taken = () => Number(client.stats('slabs').total_malloced)

/** Lets the upkeep work until the memory is no larger than that. */
async function shrinkTo (megabytes: number): Promise<void> {
  expect(limitTo(megabytes)).toBe('OK')
  while (mapped() > megabytes) await sleep(10)
}

/** Which of so many items there are, whole. */
function find (name: string, count: number): boolean[] {
  return Array.from({ length: count }, (_, i) => {
    const op = client.op(`${name}-${i}`)
    if (client.engine.get(op) !== Status.SUCCESS) return false
    const value = op.value.subarray(op.valueStart, op.valueEnd)
    if (!value.equals(Buffer.alloc(value.length, i % 251))) throw new Error('torn')
    client.engine.release(op)
    return true
  })
}

function fill (name: string, count: number, size: (i: number) => number): void {
  for (let i = 0; i < count; i++) {
    const { op, status } = client.allocate(`${name}-${i}`, size(i))
    if (status !== Status.SUCCESS) throw new Error('refused')
    op.value.fill(i % 251, op.valueStart, op.valueEnd)
    client.engine.store(op)
    client.engine.release(op)
  }
}

test('cache_memlimit gives more memory at once', () => {
  open({ memoryLimit: 8 * MEBIBYTE })
  expect(client.stats().limit_maxbytes).toBe(8 * MEBIBYTE)
  expect(limitTo(32)).toBe('OK')
  fill('item', 3000, () => 10_000)
  expect(client.stats()).toMatchObject({ evictions: 0, limit_maxbytes: 32 * MEBIBYTE })
  expect(client.stats('settings').maxbytes).toBe(32 * MEBIBYTE)
  fill('more', 3000, () => 10_000)
  expect(taken()).toBeGreaterThan(31 * MEBIBYTE)
  expect(taken()).toBeLessThanOrEqual(32 * MEBIBYTE)
})

test('it takes memory back, the oldest items going and the others staying', async () => {
  const given: number[] = []
  const engine = new MallocEngine(() => (_memory, offset, length) => {
    given.push(offset / MEBIBYTE)
    if (length !== MEBIBYTE) throw new Error(`${length} bytes are no page`)
    return length
  })
  open({ memoryLimit: 24 * MEBIBYTE }, { decay: '10000' }, engine)
  fill('old', 15_000, i => 200 + i % 800)
  fill('new', 15_000, i => 200 + i % 800)
  expect(client.stats().evictions).toBe(0)
  await shrinkTo(12)
  expect(client.stats().limit_maxbytes).toBe(12 * MEBIBYTE)
  expect(taken()).toBeLessThanOrEqual(12 * MEBIBYTE)
  // A little is lost at the edges of sizes.
  expect(find('new', 15_000).filter(Boolean).length).toBeGreaterThan(14_500)
  expect(find('old', 15_000).filter(Boolean).length).toBeGreaterThan(1500)
  expect(given).toEqual(Array.from(given, (_, i) => given[0] - i))
  expect(given.at(-1)).toBe(13)
  // Of the first of them a part was never used.
  expect(client.stats('extents').discarded).toBeGreaterThan((given.length - 1) * MEBIBYTE)
  fill('last', 20_000, i => 200 + i % 800)
  expect(taken()).toBeLessThanOrEqual(12 * MEBIBYTE)
  expect(client.stats('extents').resident).toBeLessThanOrEqual(12 * MEBIBYTE)
})

test('memory that was given back can be had again', async () => {
  open({ memoryLimit: 16 * MEBIBYTE, maxItemSize: 16 * MEBIBYTE })
  const pick = random(3)
  const size = () => Math.ceil(60 * (4000 ** pick()))
  for (const megabytes of [9, 40, 8, 16]) {
    const before = mapped()
    fill(`to-${megabytes}`, 4000, size)
    if (megabytes > before) expect(limitTo(megabytes)).toBe('OK')
    else await shrinkTo(megabytes)
    expect(mapped()).toBe(megabytes)
  }
  for (let i = 0; i < 4000; i++) {
    for (const megabytes of [9, 40, 8, 16]) client.engine.remove(client.op(`to-${megabytes}-${i}`))
  }
  // It is whole again: an item as large as all of it finds room.
  expect(taken()).toBe(0)
  expect(client.set('large', 16 * MEBIBYTE - 100)).toBe(Status.SUCCESS)
  expect(taken()).toBe(16 * MEBIBYTE)
})

test('what is larger than a page moves, or goes, with the memory it lies in', async () => {
  open({ memoryLimit: 32 * MEBIBYTE, maxItemSize: 8 * MEBIBYTE })
  fill('large', 6, () => 5 * MEBIBYTE)
  await shrinkTo(8)
  expect(find('large', 6).filter(Boolean).length).toBeLessThanOrEqual(1)
  fill('large', 2, () => 5 * MEBIBYTE)
  expect(find('large', 2)).toEqual([false, true])
})

test('an item that is held keeps its place until it is let go', async () => {
  open({ memoryLimit: 12 * MEBIBYTE })
  const holds = Array.from({ length: 120 }, (_, i) => client.allocate(`held-${i}`, 100_000).op)
  expect(limitTo(8)).toBe('OK')
  await sleep(300)
  expect(mapped()).toBeGreaterThan(8)
  for (const op of holds) {
    op.value.fill(7, op.valueStart, op.valueEnd)
    expect(client.engine.store(op)).toBe(Status.SUCCESS)
  }
  expect(holds.every(op => op.value[op.valueEnd - 1] === 7)).toBe(true)
  for (const op of holds) client.engine.release(op)
  while (mapped() > 8) await sleep(10)
  expect(client.stats().curr_items).toBeGreaterThan(50)
})

test('without evictions the limit is not reached before there is room', async () => {
  open({ memoryLimit: 16 * MEBIBYTE, evictions: false })
  fill('item', 1000, () => 12_000)
  expect(limitTo(8)).toBe('OK')
  await sleep(300)
  expect(client.stats()).toMatchObject({ evictions: 0, curr_items: 1000 })
  expect(client.set('more', 500_000)).toBe(Status.NO_MEMORY)
  for (let i = 0; i < 700; i++) client.engine.remove(client.op(`item-${i}`))
  while (mapped() > 8) await sleep(10)
  expect(find('item', 1000).filter(Boolean).length).toBe(300)
})

test('a limit beyond what was reserved, or below 8 megabytes, is refused', () => {
  open({ memoryLimit: 16 * MEBIBYTE })
  expect(limitTo(100_000)).toBe('MEMLIMIT_ADJUST_FAILED out of bounds or unable to adjust')
  expect(limitTo(7)).toBe('MEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m')
  expect(limitTo('x')).toBe('ERROR')
  expect(client.stats().limit_maxbytes).toBe(16 * MEBIBYTE)
  expect(limitTo(64)).toBe('OK')
})
