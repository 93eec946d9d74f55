import { parse, readConfig, type Engine, type Host } from '@memplug/engine'
import { ArenaEngine, type AllocatorParts, type Memory } from '@memplug/arena'
import { SlabAllocator } from './allocator.js'
import { checkSizes, Classes, makeSizes } from './classes.js'
import { PageTable, type SharedPages } from './page-table.js'

/** What the operating system commits memory by. */
const SYSTEM_PAGE = 4096

const schema = {
  /** Chunk sizes for whole items (48 bytes, the key and the value) instead of -n and -f. */
  slab_sizes: (text: string, name: string) => parse.numbers(text, name),
  /** Touch all memory at start. */
  preallocate: (text: string, name: string) => parse.flag(text, name)
}

interface SharedSlabs extends SharedPages {
  readonly sizes: readonly number[]
}

/** The engine with memcached's slab classes. */
export class SlabEngine extends ArenaEngine {
  protected readonly info = { name: 'slab', version: '0.1.0' }

  protected override reserveAllocator (host: Host, memory: Memory): SharedSlabs {
    const { slab_sizes: given } = readConfig(host.config, schema)
    const alignment = 1 << memory.granuleBits
    const sizes = given ? checkSizes(given, alignment) : makeSizes(host.settings, alignment)
    return { sizes, ...PageTable.reserve(memory.pages, sizes.length + 1) }
  }

  protected override openAllocator (parts: AllocatorParts): SlabAllocator {
    const { memory, host, fresh } = parts
    const shared = parts.shared as SharedSlabs
    const classes = new Classes(shared.sizes)
    if (fresh) {
      for (const line of classes.describe()) host.log('debug', line)
      if (readConfig(host.config, schema).preallocate) {
        for (const bytes of memory.bytes) {
          for (let at = 0; at < bytes.length; at += SYSTEM_PAGE) bytes[at] = 0
        }
      }
    }
    return new SlabAllocator(shared, memory, classes)
  }
}

/** The engine `slab`. */
export function createEngine (): Engine & SlabEngine {
  return new SlabEngine()
}
export default createEngine
