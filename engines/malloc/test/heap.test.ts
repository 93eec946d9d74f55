import { QUANTUM } from '../src/classes.js'
import { State } from '../src/extents.js'
import { Heap } from '../src/heap.js'
import { Memory } from '@memplug/arena'
import { random } from './random.js'

const PAGE = 1 << 20

function makeHeap (pages: number, granuleBits = 3): Heap {
  const memory = new Memory(Memory.reserve(pages))
  return new Heap(Heap.reserve(pages), { ...memory, granuleBits } as Memory)
}

/** Every extent of the memory in order: its size in quanta, and its state. */
function listExtents (heap: Heap): { start: number, size: number, state: number }[] {
  const { extents } = heap
  const list = []
  for (let start = 1024; start < extents.limit; start += extents.sizeOf(start)) {
    list.push({ start, size: extents.sizeOf(start), state: extents.stateOf(start) })
  }
  return list
}

/** Plays random allocations and frees, with a record of who owns each granule. */
function play (heap: Heap, pages: number, granuleBits: number, seed: number, largest: number) {
  const pick = random(seed)
  const owners = new Int32Array((pages + 1) * PAGE >>> granuleBits)
  const live: { ref: number, granules: number }[] = []
  const claim = (ref: number, granules: number, from: number, to: number) => {
    for (let at = ref >>> 0; at < (ref >>> 0) + granules; at++) {
      if (owners[at] !== from) throw new Error(`granule ${at} has owner ${owners[at]}`)
      owners[at] = to
    }
  }
  let refused = 0
  for (let turn = 1; turn <= 20_000; turn++) {
    if (live.length > 0 && pick() < 0.45) {
      const [gone] = live.splice(Math.floor(pick() * live.length), 1)
      claim(gone.ref, gone.granules, 1, 0)
      heap.free(gone.ref)
      continue
    }
    const bytes = Math.ceil(48 * (largest / 48) ** pick())
    const ref = heap.allocate(bytes)
    if (ref === 0) {
      refused++
      continue
    }
    const granules = Math.ceil(bytes / (1 << granuleBits))
    claim(ref, granules, 0, 1)
    live.push({ ref, granules })
  }
  return { live, refused }
}

describe.each([
  { pages: 4, granuleBits: 3, largest: 60_000 },
  { pages: 4, granuleBits: 4, largest: 3_000_000 },
  { pages: 16, granuleBits: 3, largest: 500_000 }
])('a heap of $pages pages', ({ pages, granuleBits, largest }) => {
  test('never gives one byte to two, and is whole again when all is freed', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const heap = makeHeap(pages, granuleBits)
      const { live, refused } = play(heap, pages, granuleBits, seed, largest)
      expect(refused).toBeGreaterThan(0)
      expect(heap.extents.used).toBeLessThanOrEqual(pages * 1024)
      const inUse = listExtents(heap).filter(extent => extent.state !== State.FREE)
      expect(inUse.reduce((sum, extent) => sum + extent.size, 0)).toBe(heap.extents.used)
      for (const { ref } of live) heap.free(ref)
      expect(heap.extents.used).toBe(0)
      expect(listExtents(heap))
        .toEqual([{ start: 1024, size: pages * 1024, state: State.FREE }])
    }
  })
})

test('two free extents never stand side by side', () => {
  const heap = makeHeap(8)
  play(heap, 8, 3, 7, 100_000)
  const states = listExtents(heap).map(extent => extent.state)
  expect(states.some((state, i) => state === State.FREE && states[i + 1] === State.FREE))
    .toBe(false)
})

test('an extent never crosses into the next segment', () => {
  const heap = makeHeap(1100)
  const refs = []
  for (let ref = heap.allocate(7 * PAGE); ref !== 0; ref = heap.allocate(7 * PAGE)) refs.push(ref)
  expect(refs.length).toBe(Math.floor(1023 / 7) + Math.floor(77 / 7))
  for (const { start, size } of listExtents(heap)) {
    expect(start >>> 20).toBe(start + size - 1 >>> 20)
  }
  for (const ref of refs) heap.free(ref)
  expect(listExtents(heap).map(extent => extent.size)).toEqual([1023 * 1024, 77 * 1024])
})

test('all of the memory can be used, and not a quantum more', () => {
  const heap = makeHeap(64)
  let count = 0
  while (heap.allocate(16 * QUANTUM) !== 0) count++
  expect(count).toBe(64 * 64)
  expect(heap.extents.used).toBe(64 * 1024)
  expect(heap.allocate(48)).toBe(0)
})

test('the largest extent there can be is one that can be had', () => {
  for (const pages of [1, 64, 1023, 1024, 1500, 2047, 2048, 3000]) {
    const heap = makeHeap(pages)
    const { largest } = heap.extents
    expect(largest).toBe(Math.max(Math.min(pages, 1023), Math.min(1024, pages - 1023)) * 1024)
    expect(heap.allocate(largest * QUANTUM + 1)).toBe(0)
    expect(heap.allocate(largest * QUANTUM)).not.toBe(0)
  }
})

test('memory of small chunks becomes memory of larger ones when they are freed', () => {
  const heap = makeHeap(16)
  const refs = []
  for (let ref = heap.allocate(148); ref !== 0; ref = heap.allocate(148)) refs.push(ref)
  expect(refs.length * 148).toBeGreaterThan(16 * PAGE * 0.9)
  for (const ref of refs) heap.free(ref)
  let count = 0
  while (heap.allocate(5100) !== 0) count++
  expect(count * 5100).toBeGreaterThan(16 * PAGE * 0.99)
})

test('a chunk may be of a class or two above its own, once it is said that it may', () => {
  const heap = makeHeap(1)
  const spare = heap.allocate(176)
  while (heap.allocate(5000) !== 0);
  while (heap.allocate(1000) !== 0);
  while (heap.allocate(4096) !== 0);
  expect(heap.allocate(150)).toBe(0)
  expect(heap.hasWider(150)).toBe(true)
  expect(heap.hasWider(128)).toBe(false)
  heap.mayWiden = true
  const wider = heap.allocate(150)
  expect(wider).not.toBe(0)
  expect(heap.classOf(wider)).toBe(heap.classOf(spare))
  expect(heap.allocate(150)).toBe(0)
})

test('freeing what is not in use is an error, not damage', () => {
  const heap = makeHeap(4)
  const small = heap.allocate(100)
  const other = heap.allocate(100)
  const large = heap.allocate(100_000)
  heap.free(small)
  heap.free(large)
  expect(() => heap.free(small)).toThrow('not in use')
  expect(() => heap.free(large)).toThrow('not in use')
  expect(() => heap.free(0)).toThrow('not in use')
  heap.free(other)
  expect(heap.extents.used).toBe(0)
})

test('the end of 64 GiB is reached with an int32', () => {
  const heap = makeHeap(65535, 4)
  const refs = []
  for (let i = 0; i < 63; i++) refs.push(heap.allocate(2 ** 30))
  const last = heap.allocate(1023 * PAGE)
  expect([...refs, last].every(ref => ref !== 0 && ref === (ref | 0))).toBe(true)
  expect(new Set(refs).size).toBe(63)
  expect(refs.some(ref => ref < 0)).toBe(true)
  for (const ref of [...refs, last]) heap.free(ref)
  expect(heap.extents.used).toBe(0)
})
