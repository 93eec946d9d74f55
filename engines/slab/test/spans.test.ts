import { PAGE_SIZE, type Ref } from '@memplug/arena'
import { DEFAULT_SETTINGS } from '@memplug/engine-kit'
import { makeSizes } from '../src/classes.js'
import { Heap } from './heap.js'

const KILOBYTE = 1024
const sizesTo = (kilobytes: number) => makeSizes(DEFAULT_SETTINGS, 8, kilobytes * KILOBYTE)

/** Of the class of spans, which is the last but one. */
const spansOf = (heap: Heap) => heap.allocator.describe(heap.allocator.classes - 2)

test('classes end at slab_chunk_max, as memcached has them', () => {
  expect(sizesTo(4)).toEqual([
    96, 120, 152, 192, 240, 304, 384, 480, 600, 752, 944, 1184, 1480, 1856, 2320, 2904, 4096
  ])
  expect(sizesTo(1).slice(-3)).toEqual([600, 752, 1024])
  expect(sizesTo(16)).toHaveLength(23)
})

test.each([1, 2, 4, 8, 16, 32, 64, 128, 256])(
  'of chunks of %i kilobytes an item takes neighbours on a page, up to all of it', kilobytes => {
    const heap = new Heap(4, sizesTo(kilobytes))
    const size = kilobytes * KILOBYTE
    const perPage = PAGE_SIZE / size
    const lengths = [1, 2, 3, perPage - 1, perPage]
    for (const length of lengths) {
      const least = Math.max(size - 8, (length - 1) * size + 1)
      const refs = [heap.take(length * size), heap.take(least)]
      expect(refs).not.toContain(0)
      heap.check()
      expect(spansOf(heap)).toMatchObject({
        chunkSize: size, chunksPerPage: perPage, usedChunks: 2 * length
      })
      for (const ref of refs) {
        expect(heap.allocator.classOf(ref)).toBe(heap.allocator.classes - 2)
        expect(heap.allocator.chunksOf(ref)).toBe(length)
        heap.free(ref)
      }
      expect(spansOf(heap)).toBeNull()
    }
    expect(heap.allocator.pages.pool).toBeGreaterThan(0)
  })

test('what is larger than a page takes neighbouring pages', () => {
  const heap = new Heap(4, sizesTo(4))
  expect(heap.take(PAGE_SIZE + 1)).not.toBe(0)
  expect(heap.take(PAGE_SIZE)).not.toBe(0)
  expect(heap.allocator.describe(heap.allocator.classes - 1)).toMatchObject({ usedChunks: 2 })
  expect(spansOf(heap)).toMatchObject({ usedChunks: 256 })
  heap.check()
})

test('spans of one length fill a page but for the rest, which shorter ones take', () => {
  const heap = new Heap(2, sizesTo(4))
  const threes = heap.fill(11_056)
  expect(threes).toHaveLength(2 * 85)
  expect(heap.fill(4096)).toHaveLength(2)
  expect(spansOf(heap)).toMatchObject({ usedChunks: 512, totalChunks: 512 })
  heap.free(threes[10])
  expect(heap.take(16_000)).toBe(0)
  heap.free(threes[11])
  expect(heap.take(24_000)).not.toBe(0)
  heap.check()
})

test('the shortest span that is enough is taken, of the page that has the least', () => {
  const heap = new Heap(2, sizesTo(64))
  const refs = heap.fill(65_536)
  const free = (first: number, length: number) => {
    for (const ref of refs.slice(first, first + length)) heap.free(ref)
  }
  free(1, 6)
  free(9, 3)
  free(13, 2)
  free(20, 4)
  const placeOf = (length: number) => refs.indexOf(heap.take(length * 65_536))
  expect([2, 3, 2].map(placeOf)).toEqual([20, 9, 22])
  expect([1, 6, 1].map(placeOf)).toEqual([13, 1, 14])
  expect(heap.take(65_536)).toBe(0)
  heap.check()
})

test.each([1, 4, 32, 256])(
  'any order of taking and freeing spans of %i kilobytes keeps them apart', kilobytes => {
    const heap = new Heap(10, sizesTo(kilobytes))
    let random = kilobytes
    const draw = (below: number) => {
      random = Math.imul(random, 1664525) + 1013904223 | 0
      return (random >>> 8) % below
    }
    const refs: Ref[] = []
    for (let i = 0; i < 10_000; i++) {
      if (draw(100) < 53) {
        const most = [200, 5000, 40_000, 600_000, 3 * PAGE_SIZE][draw(1000) % 97 % 5]
        const ref = heap.take(1 + draw(most))
        if (ref !== 0) refs.push(ref)
      } else if (refs.length > 0) {
        heap.free(refs.splice(draw(refs.length), 1)[0])
      }
      if (i % 1000 === 0) heap.check()
    }
    for (const ref of refs) heap.free(ref)
    for (let i = 0; i < heap.allocator.classes; i++) {
      expect(heap.allocator.describe(i)?.usedChunks ?? 0).toBe(0)
    }
    expect(heap.take(10 * PAGE_SIZE)).not.toBe(0)
  })

test('the automover is told of free chunks only where items of the usual length fit', () => {
  const heap = new Heap(4, sizesTo(4))
  const refs = heap.fill(11_056)
  const { allocator } = heap
  const sizeClass = allocator.classes - 2
  expect(spansOf(heap)).toMatchObject({ totalChunks: 1024, usedChunks: 1020 })
  expect(allocator.countUsable(sizeClass)).toBe(0)
  heap.free(refs[0])
  heap.free(refs[2])
  heap.free(refs[100])
  heap.free(refs[101])
  expect(allocator.countUsable(sizeClass)).toBe(3 + 6)
  expect(allocator.countUsable(0)).toBe(0)
})
