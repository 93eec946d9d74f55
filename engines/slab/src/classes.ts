import { ConfigError, type Settings } from '@memplug/engine'
import { HEADER_SIZE, PAGE_SIZE } from '@memplug/arena'

/** Bytes of the largest chunk that shares a page, unless slab_chunk_max says otherwise. */
export const LARGEST_CHUNK = PAGE_SIZE / 2
const LEAST_CHUNK = HEADER_SIZE + 8
const MOST_CLASSES = 63
const STEP_BITS = 3
const STEP = 1 << STEP_BITS

/**
 * Chunk sizes as memcached makes them: from the header and -n up, each -f times the one before,
 * a multiple of `alignment`, the last of `largest` bytes.
 */
export function makeSizes (
  settings: Settings, alignment: number, largest = LARGEST_CHUNK
): number[] {
  const sizes: number[] = []
  let size = HEADER_SIZE + settings.minItemSpace
  while (sizes.length < MOST_CLASSES - 1 && size < largest / settings.growthFactor) {
    size = align(size, alignment)
    sizes.push(size)
    // A factor next to 1 would stand still.
    size = Math.max(Math.floor(size * settings.growthFactor), size + 1)
  }
  return [...sizes, largest]
}

/** The sizes that the operator listed, and the largest for what does not fit them. */
export function checkSizes (
  sizes: readonly number[], alignment: number, largest = LARGEST_CHUNK
): number[] {
  if (sizes.length >= MOST_CLASSES) {
    throw new ConfigError(`engine config 'slab_sizes': more than ${MOST_CLASSES - 1} sizes`)
  }
  const aligned = sizes.map(size => align(size, alignment))
  for (const [i, size] of aligned.entries()) {
    const given = sizes[i]
    if (!Number.isInteger(given) || size < LEAST_CHUNK || size >= largest) {
      throw new ConfigError(`engine config 'slab_sizes': ${given} is not a whole number from ` +
        `${LEAST_CHUNK} to ${largest - alignment}`)
    }
    if (i > 0 && size <= aligned[i - 1]) {
      throw new ConfigError(`engine config 'slab_sizes': ${given} is not larger than ` +
        `${sizes[i - 1]}, both rounded up to ${alignment} bytes`)
    }
  }
  return [...aligned, largest]
}

/** Which class a size belongs to. */
export class Classes {
  readonly sizes: readonly number[]
  readonly perPage: readonly number[]
  /** How many classes share pages. */
  readonly count: number
  /** Bytes of the largest chunk that shares a page. */
  readonly largest: number
  private readonly bySteps: Uint8Array

  constructor (sizes: readonly number[]) {
    this.sizes = sizes
    this.perPage = sizes.map(size => Math.floor(PAGE_SIZE / size))
    this.count = sizes.length
    this.largest = sizes.at(-1)!
    this.bySteps = new Uint8Array((this.largest >> STEP_BITS) + 1)
    let sizeClass = 0
    for (let steps = 0; steps < this.bySteps.length; steps++) {
      if (steps * STEP > sizes[sizeClass]) sizeClass++
      this.bySteps[steps] = sizeClass
    }
  }

  /** The class of the smallest chunks that hold so many bytes, `largest` at most. */
  of (bytes: number): number {
    return this.bySteps[(bytes + STEP - 1) >>> STEP_BITS]
  }

  /** What memcached prints of its classes under -vv. */
  describe (): string[] {
    return this.sizes.map((size, i) =>
      `slab class ${pad(i + 1, 3)}: chunk size ${pad(size, 9)} perslab ${pad(this.perPage[i], 7)}`)
  }
}

function align (size: number, alignment: number): number {
  return Math.ceil(size / alignment) * alignment
}

function pad (number: number, width: number): string {
  return String(number).padStart(width)
}
