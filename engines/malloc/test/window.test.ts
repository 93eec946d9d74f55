import { ChunkState, type Evictor, Memory, type Ref, Rescue } from '@memplug/arena'
import { MallocAllocator } from '../src/allocator.js'
import { random } from './random.js'

const PAGES = 16

/** Items without content, evicted in the order of their making, over a real allocator. */
class Items implements Evictor {
  readonly allocator: MallocAllocator
  readonly sizes = new Map<Ref, number>()
  private readonly order: Ref[] = []
  private oldest = 0
  readonly held = new Set<Ref>()
  readonly evictions: boolean
  evicted = 0
  bytes = 0

  constructor (pages = PAGES, evictions = true) {
    this.evictions = evictions
    const memory = new Memory(Memory.reserve(pages))
    this.allocator = new MallocAllocator(MallocAllocator.reserve(pages), memory)
  }

  set (bytes: number): Ref {
    for (;;) {
      const ref = this.allocator.allocate(bytes)
      if (ref === 0 && this.allocator.makeRoom(bytes, this)) continue
      if (ref === 0) return 0
      if (this.sizes.has(ref)) throw new Error('given twice')
      this.sizes.set(ref, bytes)
      this.order.push(ref)
      this.bytes += bytes
      return ref
    }
  }

  hold (bytes: number): Ref {
    const ref = this.set(bytes)
    if (ref !== 0) this.held.add(ref)
    return ref
  }

  /** Small items until the first would be evicted. */
  fill (size: () => number): void {
    while (this.evicted === 0) this.set(size())
    this.evicted = 0
  }

  remove (ref: Ref): void {
    this.bytes -= this.sizes.get(ref) ?? 0
    this.sizes.delete(ref)
    this.allocator.free(ref)
  }

  evictItem (ref: Ref): boolean {
    if (this.stateOf(ref) !== ChunkState.EVICTABLE) return false
    this.remove(ref)
    this.evicted++
    return true
  }

  evictFrom (): boolean {
    for (let i = this.oldest; i < this.order.length; i++) {
      const ref = this.order[i]
      if (!this.held.has(ref)) this.oldest = i + 1
      if (this.evictItem(ref)) return true
    }
    return false
  }

  stateOf (ref: Ref): ChunkState {
    if (!this.sizes.has(ref)) return ChunkState.FREE
    return this.held.has(ref) ? ChunkState.HELD : ChunkState.EVICTABLE
  }

  rescue (): Rescue { return Rescue.NO_ROOM }

  countUses (): number { return 0 }

  countEvicted (): number { return this.evicted }

  countRefused (): number { return 0 }

  countItems (): number {
    return this.sizes.size
  }

  ageOf (): number {
    return 0
  }

  lock (): void {}

  unlock (): void {}
}

const small = (seed: number) => {
  const pick = random(seed)
  return () => 70 + Math.floor(1000 * pick() ** 4)
}

test.each([10, 40])('%i unfinished values of 500 KB find room among small items', count => {
  const pages = 64
  const items = new Items(pages)
  items.fill(small(count))
  for (let i = 0; i < count; i++) expect(items.hold(512_100)).not.toBe(0)
  const kept = [...items.sizes.values()].filter(size => size < 2000)
  const rest = pages * 2 ** 20 - count * 512_100
  expect(kept.reduce((sum, size) => sum + size, 0)).toBeGreaterThan(0.85 * rest)
})

test('large values find room between what is held, as long as there is any', () => {
  const items = new Items()
  items.fill(small(3))
  const pick = random(4)
  for (const ref of [...items.sizes.keys()]) if (pick() < 0.0005) items.held.add(ref)
  let count = 0
  while (items.hold(200_000) !== 0) count++
  expect(count).toBeGreaterThan(25)
  for (const ref of items.held) expect(items.sizes.has(ref)).toBe(true)
})

test('a large value evicts little more than its own size', () => {
  const items = new Items()
  items.fill(small(5))
  items.set(4_000_000)
  const before = items.bytes
  items.set(500_000)
  expect(before - (items.bytes - 500_000)).toBeLessThan(600_000)
})

test('the largest value there can be evicts all the others', () => {
  const items = new Items()
  items.fill(small(6))
  expect(items.set(PAGES * 2 ** 20)).not.toBe(0)
  expect(items.sizes.size).toBe(1)
  expect(items.set(100)).not.toBe(0)
})

test('nothing is evicted for what can not be had', () => {
  const items = new Items()
  items.fill(() => 100)
  const count = items.sizes.size
  for (const ref of items.sizes.keys()) items.held.add(ref)
  expect(items.set(500_000)).toBe(0)
  expect(items.set(100)).toBe(0)
  expect(items.sizes.size).toBe(count)
})

test('memory full of one size becomes memory of another', () => {
  const items = new Items()
  items.fill(() => 148)
  for (let i = 0; i < 10_000; i++) items.set(5100)
  const large = [...items.sizes.values()].filter(size => size === 5100)
  expect(large.length * 5100).toBeGreaterThan(0.98 * PAGES * 2 ** 20)
})

test('a rare size costs little in a cache of another', () => {
  const items = new Items()
  items.fill(() => 148)
  const before = items.sizes.size
  for (let i = 0; i < 20; i++) items.set(3000)
  expect(before - items.sizes.size).toBeLessThan(2500)
})

test('without evictions a full memory refuses, and keeps what it has', () => {
  const items = new Items(PAGES, false)
  items.evictFrom = () => false
  let count = 0
  while (items.set(100_000) !== 0) count++
  expect(count).toBe(Math.floor(PAGES * 1024 / 98))
  expect(items.evicted).toBe(0)
})

test('sets of all sizes, with holds that come and go, keep the memory sound', () => {
  const items = new Items()
  const pick = random(8)
  for (let turn = 0; turn < 30_000; turn++) {
    const ref = items.set(Math.ceil(50 * 20_000 ** (pick() ** 2)))
    if (ref !== 0 && pick() < 0.1) items.held.add(ref)
    if (items.held.size > 60) items.held.delete([...items.held][Math.floor(pick() * 60)])
  }
  const { extents } = items.allocator.heap
  expect(extents.isWindowOpen).toBe(false)
  expect(extents.used).toBeLessThanOrEqual(PAGES * 1024)
  items.held.clear()
  for (const ref of [...items.sizes.keys()]) items.remove(ref)
  expect(extents.used).toBe(0)
  expect(extents.sizeOf(1024)).toBe(PAGES * 1024)
})
