import { ConfigError, parse, readConfig, Status, type Engine, type Host } from '@memplug/engine'
import {
  ArenaEngine, DEFAULT_LRU, PAGE_SIZE, type AllocatorParts, type LruSettings, type Memory
} from '@memplug/arena'
import { SlabAllocator } from './allocator.js'
import { checkSizes, Classes, LARGEST_CHUNK, makeSizes } from './classes.js'
import { obeySlabs } from './commands.js'
import { pretendedBytes, reserveSlabs, type SharedSlabs } from './shared.js'
import { DEFAULT_MOVING, LEAST_WINDOW, MOST_WINDOW, type Moving } from './tuning.js'

/** What the operating system commits memory by. */
const SYSTEM_PAGE = 4096

const schema = {
  /** Chunk sizes for whole items (48 bytes, the key and the value) instead of -n and -f. */
  slab_sizes: (text: string, name: string) => parse.numbers(text, name),
  /** Touch all memory at start. */
  preallocate: (text: string, name: string) => parse.flag(text, name),
  /** Bytes of the largest chunk that shares a page, in KiB. */
  slab_chunk_max: readChunkMax,
  slab_reassign: (text: string, name: string) => parse.flag(text, name),
  slab_automove: parse.number(0, 2),
  slab_automove_ratio: parse.number(0.01, 1),
  slab_automove_window: parse.number(LEAST_WINDOW, MOST_WINDOW),
  slab_automove_freeratio: parse.number(0, 1),
  /** False: one LRU list for each class, by the time of use alone. */
  lru_segmented: (text: string, name: string) => parse.flag(text, name),
  hot_lru_pct: parse.number(1, 79),
  warm_lru_pct: parse.number(1, 79),
  hot_max_factor: parse.number(0),
  warm_max_factor: parse.number(0),
  temporary_ttl: parse.number(0, 2147483647)
}

type SlabConfig = ReturnType<typeof readConfig<typeof schema>>

/** The engine with memcached's slab classes. */
export class SlabEngine extends ArenaEngine {
  protected readonly info = { name: 'slab', version: '0.1.0' }

  protected override readonly canGrow = true
  private allocator!: SlabAllocator

  protected override reserveAllocator (host: Host, memory: Memory): SharedSlabs {
    const config = readConfig(host.config, schema)
    const { slab_sizes: given } = config
    const alignment = 1 << memory.granuleBits
    const largest = config.slab_chunk_max ?? LARGEST_CHUNK
    const sizes = given
      ? checkSizes(given, alignment, largest)
      : makeSizes(host.settings, alignment, largest)
    return reserveSlabs(
      memory.pages, sizes, host.settings.memoryLimit, readMoving(config), pretendedBytes())
  }

  protected override readLru (host: Host): LruSettings {
    const config = readConfig(host.config, schema)
    const segmented = config.lru_segmented ?? true
    const ttl = config.temporary_ttl
    return {
      // As in memcached, there is no maintainer from the start, or it is there to stay.
      maintained: segmented,
      segmented,
      hotPercent: config.hot_lru_pct ?? DEFAULT_LRU.hotPercent,
      warmPercent: config.warm_lru_pct ?? DEFAULT_LRU.warmPercent,
      hotFactor: config.hot_max_factor ?? DEFAULT_LRU.hotFactor,
      warmFactor: config.warm_max_factor ?? DEFAULT_LRU.warmFactor,
      temporary: ttl !== undefined,
      temporaryTtl: ttl ?? DEFAULT_LRU.temporaryTtl
    }
  }

  protected override openAllocator (parts: AllocatorParts): SlabAllocator {
    const { memory, host, fresh } = parts
    const shared = parts.shared as SharedSlabs
    const classes = new Classes(shared.sizes)
    this.allocator = new SlabAllocator(shared, memory, classes)
    this.allocator.tellEvent = text => host.watch?.event(text)
    if (fresh) {
      for (const line of classes.describe()) host.log('debug', line)
      if (readConfig(host.config, schema).preallocate) {
        touch(memory, (this.allocator.pages.limit + 1) * PAGE_SIZE)
      }
    }
    return this.allocator
  }

  override administer (words: readonly string[], tell: (line: string) => void): Status {
    if (words[0] !== 'slabs') return super.administer(words, tell)
    tell(obeySlabs(words, this.allocator.tuning, this.allocator.reassignment))
    return Status.SUCCESS
  }
}

/** Commits the first bytes of a memory. */
function touch (memory: Memory, bytes: number): void {
  let left = bytes
  for (const segment of memory.bytes) {
    const end = Math.min(segment.length, left)
    for (let at = 0; at < end; at += SYSTEM_PAGE) segment[at] = 0
    left -= end
  }
}

/** A page is to be divided without a rest, as in memcached. */
function readChunkMax (text: string, name: string): number {
  const kilobytes = parse.number(1, PAGE_SIZE / 1024)(text, name)
  if (PAGE_SIZE % (kilobytes * 1024) === 0) return kilobytes * 1024
  throw new ConfigError(`engine config '${name}': ${text} kilobytes do not divide a page of ` +
    `${PAGE_SIZE / 1024} evenly`)
}

function readMoving (config: SlabConfig): Moving {
  return {
    reassign: config.slab_reassign ?? DEFAULT_MOVING.reassign,
    automove: config.slab_automove ?? DEFAULT_MOVING.automove,
    ratio: config.slab_automove_ratio ?? DEFAULT_MOVING.ratio,
    window: config.slab_automove_window ?? DEFAULT_MOVING.window,
    freeRatio: config.slab_automove_freeratio ?? DEFAULT_MOVING.freeRatio
  }
}

/** The engine `slab`. */
export function createEngine (): Engine & SlabEngine {
  return new SlabEngine()
}
export default createEngine
