/**
 * The memory that items live in: segments of SharedArrayBuffer, reserved at start, committed by
 * the operating system as they are touched.
 *
 * A place in it has one int32 name, its Ref: the number of its granule. A granule is 8 bytes up
 * to 32 GiB and 16 beyond, so that 32 bits reach 64 GiB. The first mebibyte is reserved but
 * never used, so that no item has the Ref 0, which means "none".
 */

/** Names a granule of Memory. An int32: negative beyond 2^31 granules. 0 is "none". */
export type Ref = number

export const PAGE_SIZE = 1 << 20
const SEGMENT_BITS = 30
const SEGMENT_SIZE = 2 ** SEGMENT_BITS
const SMALL_GRANULES_UP_TO = 32 * 1024
const MOST_PAGES = 64 * 1024 - 1

/** What threads share of a Memory: survives a structured clone. */
export interface SharedMemory {
  readonly pages: number
  readonly segments: readonly SharedArrayBuffer[]
}

export class Memory {
  /** Usable pages of 1 MiB: numbers 1 to `pages`. Page 1024 is the first of segment 1. */
  readonly pages: number
  /** Each segment's memory as int32 words. */
  readonly words: readonly Int32Array[]
  /** The same memory as bytes. */
  readonly bytes: readonly Buffer[]
  /** log2 of a granule's bytes: what every chunk is aligned to. */
  readonly granuleBits: number
  /** `ref >>> segmentShift` is the segment's number. */
  readonly segmentShift: number
  /** `(ref & granuleMask) << wordShift` is the index in `words`, for a byte `<< granuleBits`. */
  readonly granuleMask: number
  readonly wordShift: number

  /** Reserves `pages` pages, at most 65535 (64 GiB but one page). */
  static reserve (pages: number): SharedMemory {
    const used = Math.min(pages, MOST_PAGES)
    const size = (used + 1) * PAGE_SIZE
    const segments = []
    for (let start = 0; start < size; start += SEGMENT_SIZE) {
      segments.push(new SharedArrayBuffer(Math.min(SEGMENT_SIZE, size - start)))
    }
    return { pages: used, segments }
  }

  constructor (shared: SharedMemory) {
    this.pages = shared.pages
    this.words = shared.segments.map(segment => new Int32Array(segment))
    this.bytes = shared.segments.map(segment => Buffer.from(segment))
    this.granuleBits = shared.pages + 1 <= SMALL_GRANULES_UP_TO ? 3 : 4
    this.segmentShift = SEGMENT_BITS - this.granuleBits
    this.granuleMask = 2 ** this.segmentShift - 1
    this.wordShift = this.granuleBits - 2
  }

  /** The Ref of a byte of a page. */
  refAt (page: number, byte: number): Ref {
    return ((page << (20 - this.granuleBits)) + (byte >>> this.granuleBits)) | 0
  }

  pageOf (ref: Ref): number {
    return ref >>> (20 - this.granuleBits)
  }

  /** The byte of its page that a Ref names. */
  byteInPage (ref: Ref): number {
    return (ref << this.granuleBits) & (PAGE_SIZE - 1)
  }
}
