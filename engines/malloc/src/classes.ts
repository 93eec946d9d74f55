/** The size classes of small chunks: 8 to each doubling, so that 4.3% is lost on average. */

export const QUANTUM_BITS = 10
export const QUANTUM = 1 << QUANTUM_BITS
/** Of a page of a Memory. */
export const PAGE_QUANTA = 1 << 20 - QUANTUM_BITS

const SMALLEST = 48
/** Bytes of the largest chunk that shares a run; above it, quanta are fine enough. */
export const LARGEST_SMALL = 8192
const STEPS_LOG2 = 3
const FEWEST_QUANTA = 4
const MOST_QUANTA = 31
/** A run is lengthened until no more than this part of it is left over at its end. */
const TAIL = 0.01
/** Chunks of a word of a run's bitmap, which stands in the tags of each quantum but the first. */
const CHUNKS_PER_QUANTUM = 32
const RECIPROCAL_BITS = 20

export interface RunShape {
  /** Bytes of a chunk. */
  readonly size: number
  readonly quanta: number
  readonly chunks: number
}

/** Tables by the number of a class. Every thread computes the same. */
export class Classes {
  readonly shapes: readonly RunShape[]
  /** Granules of a chunk, to compute a chunk's Ref. */
  readonly granules: Int32Array
  readonly quanta: Int32Array
  readonly chunks: Int32Array
  private readonly granuleBits: number
  private readonly reciprocals: Int32Array
  private readonly byGranules: Uint8Array

  /** Chunks are multiples of `1 << granuleBits` bytes. */
  constructor (granuleBits: number) {
    const shapes = listShapes(1 << granuleBits)
    this.shapes = shapes
    this.granuleBits = granuleBits
    this.granules = Int32Array.from(shapes, shape => shape.size >>> granuleBits)
    this.quanta = Int32Array.from(shapes, shape => shape.quanta)
    this.chunks = Int32Array.from(shapes, shape => shape.chunks)
    this.reciprocals = this.granules.map(size => Math.ceil(2 ** RECIPROCAL_BITS / size))
    this.byGranules = new Uint8Array((LARGEST_SMALL >>> granuleBits) + 1)
    for (let granules = 0, number = 0; granules < this.byGranules.length; granules++) {
      if (granules > this.granules[number]) number++
      this.byGranules[granules] = number
    }
  }

  get count (): number {
    return this.shapes.length
  }

  /** The class for so many bytes, at most LARGEST_SMALL. */
  of (bytes: number): number {
    return this.byGranules[(bytes + (1 << this.granuleBits) - 1) >>> this.granuleBits]
  }

  /** Which chunk of its run begins so many granules after the run does. */
  chunkAt (number: number, granules: number): number {
    return Math.imul(granules, this.reciprocals[number]) >>> RECIPROCAL_BITS
  }
}

function listShapes (granule: number): RunShape[] {
  const shapes = []
  for (let size = SMALLEST; size <= LARGEST_SMALL;) {
    shapes.push(shapeRun(size))
    const step = 1 << (31 - Math.clz32(size) - STEPS_LOG2)
    size += Math.max(granule, step)
  }
  return shapes
}

/** The shortest run with little left over at its end, or else the one with the least. */
function shapeRun (size: number): RunShape {
  let best: RunShape | undefined
  let least = 1
  for (let quanta = FEWEST_QUANTA; quanta <= MOST_QUANTA && least > TAIL; quanta++) {
    const chunks = Math.floor(quanta * QUANTUM / size)
    const tail = 1 - chunks * size / (quanta * QUANTUM)
    if (chunks === 0 || chunks > CHUNKS_PER_QUANTUM * (quanta - 1) || tail >= least) continue
    best = { size, quanta, chunks }
    least = tail
  }
  if (best === undefined) throw new Error(`no run holds chunks of ${size} bytes`)
  return best
}
