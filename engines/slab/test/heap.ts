import { Memory, PAGE_SIZE, type Ref } from '@memplug/arena'
import { DEFAULT_SETTINGS } from '@memplug/engine-kit'
import { SlabAllocator } from '../src/allocator.js'
import { Classes, makeSizes } from '../src/classes.js'
import { reserveSlabs } from '../src/shared.js'

export const SIZES = makeSizes(DEFAULT_SETTINGS, 8)

/** An allocator without an arena, whose chunks are watched. */
export class Heap {
  readonly memory: Memory
  readonly allocator: SlabAllocator
  /** Of every chunk in use, its first and last byte. */
  readonly chunks = new Map<Ref, [from: number, to: number]>()

  constructor (pages: number, sizes: readonly number[] = SIZES) {
    this.memory = new Memory(Memory.reserve(pages))
    const shared = reserveSlabs(pages, sizes)
    this.allocator = new SlabAllocator(shared, this.memory, new Classes(sizes))
  }

  take (bytes: number): Ref {
    const ref = this.allocator.allocate(bytes)
    if (ref === 0) return 0
    const from = this.memory.pageOf(ref) * PAGE_SIZE + this.memory.byteInPage(ref)
    if (this.chunks.has(ref)) throw new Error('a chunk was given out twice')
    this.chunks.set(ref, [from, from + bytes])
    return ref
  }

  free (ref: Ref): void {
    this.chunks.delete(ref)
    this.allocator.free(ref)
  }

  /** Takes until there is no more. */
  fill (bytes: number): Ref[] {
    const refs = []
    for (let ref = this.take(bytes); ref !== 0; ref = this.take(bytes)) refs.push(ref)
    return refs
  }

  /** No two chunks share a byte, and all are within the memory and one segment. */
  check (): void {
    const chunks = [...this.chunks.values()].sort(([a], [b]) => a - b)
    let end = PAGE_SIZE
    for (const [from, to] of chunks) {
      if (from < end) throw new Error('two chunks overlap')
      if (from >>> 30 !== (to - 1) >>> 30) throw new Error('a chunk is in two segments')
      end = to
    }
    expect(end).toBeLessThanOrEqual((this.memory.pages + 1) * PAGE_SIZE)
  }
}
