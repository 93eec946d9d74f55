import type { Host } from '@memplug/engine'
import {
  ArenaEngine, type Allocator, type AllocatorParts, type Evictor, type Memory, type Ref
} from '../src/index.js'

/** Bytes of every chunk: the first 1023 of each page's 1024. */
export const CHUNK = 1024
const PER_PAGE = 1023
const HEAD = 0
const STARTED = 1
const USED = 2

/** The shortest allocator: chunks of 1 KiB, on a list of free ones; one LRU list. */
class PlainAllocator implements Allocator {
  readonly classes = 1
  readonly listPerClass = false
  readonly largest = CHUNK
  readonly #memory: Memory
  readonly #words: Int32Array

  constructor (memory: Memory, shared: SharedArrayBuffer) {
    this.#memory = memory
    this.#words = new Int32Array(shared)
  }

  allocate (): Ref {
    const words = this.#words
    let ref = words[HEAD]
    if (ref !== 0) {
      words[HEAD] = this.#linkOf(ref)[0]
    } else {
      const index = words[STARTED]
      const page = 1 + Math.floor(index / PER_PAGE)
      if (page > this.#memory.pages) return 0
      words[STARTED] = index + 1
      ref = this.#memory.refAt(page, index % PER_PAGE * CHUNK)
    }
    words[USED]++
    return ref
  }

  free (ref: Ref): void {
    this.#linkOf(ref)[0] = this.#words[HEAD]
    this.#words[HEAD] = ref
    this.#words[USED]--
  }

  classFor (): number {
    return 0
  }

  classOf (): number {
    return 0
  }

  makeRoom (_bytes: number, evictor: Evictor): boolean {
    return evictor.evictFrom(0)
  }

  describe () {
    const totalPages = this.#memory.pages
    return {
      chunkSize: CHUNK, chunksPerPage: PER_PAGE, totalPages, totalChunks: totalPages * PER_PAGE,
      usedChunks: this.#words[USED]
    }
  }

  totalBytes (): number {
    return this.#words[STARTED] * CHUNK
  }

  #linkOf (ref: Ref): Int32Array {
    const memory = this.#memory
    const at = (ref & memory.granuleMask) << memory.wordShift
    return memory.words[ref >>> memory.segmentShift].subarray(at, at + 1)
  }
}

/** An arena engine for the arena's own tests. */
export class PlainEngine extends ArenaEngine {
  protected readonly info = { name: 'plain', version: '0.0.0' }

  protected override reserveAllocator (_host: Host): SharedArrayBuffer {
    return new SharedArrayBuffer(4 * 3)
  }

  protected override openAllocator (parts: AllocatorParts): Allocator {
    return new PlainAllocator(parts.memory, parts.shared as SharedArrayBuffer)
  }
}

export const createEngine = () => new PlainEngine()
