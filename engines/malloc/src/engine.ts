import {
  ArenaEngine, loadMemoryAddon, type Allocator, type AllocatorParts, type Discard, type Memory
} from '@memplug/arena'
import { parse, readConfig, Status, type AddStat, type Host } from '@memplug/engine'
import { MallocAllocator, type SharedMalloc } from './allocator.js'
import { Decay } from './decay.js'

/** Seconds after which idle memory goes back to the operating system, unless the operator says. */
const DECAY = 60
const MEBIBYTE = 2 ** 20

/** Items in shared memory, under a general allocator. */
export class MallocEngine extends ArenaEngine {
  protected readonly info = { name: 'malloc', version: '0.1.0' }

  protected override readonly canGrow = true
  private readonly loadDiscard: () => Discard | null
  private allocator!: MallocAllocator

  /** Takes another way to give memory back than the addon's, for tests. */
  constructor (load: () => Discard | null = () => loadMemoryAddon()?.discard ?? null) {
    super()
    this.loadDiscard = load
  }

  protected reserveAllocator (host: Host, memory: Memory): SharedMalloc {
    return MallocAllocator.reserve(memory.pages, host.settings.memoryLimit)
  }

  protected openAllocator ({ memory, host, shared }: AllocatorParts): Allocator {
    const { decay, reserve } = readConfig(host.config, {
      decay: parse.number(0),
      reserve: parse.number(0)
    })
    const allocator = new MallocAllocator(shared as SharedMalloc, memory)
    this.allocator = allocator
    if (host.thread !== 0) return allocator
    const discard = this.loadDiscard()
    allocator.limit.discard = discard
    if (decay === 0) return allocator
    if (discard !== null) {
      allocator.decay = new Decay(allocator.heap.extents.residency, memory, host, discard,
        Math.ceil(decay ?? DECAY), (reserve ?? 0) * MEBIBYTE)
    } else if (decay !== undefined) {
      host.log('warn', "engine config 'decay' has no effect: the addon 'memory' is not built")
    }
    return allocator
  }

  /** Beside memcached's groups 'extents': the heap, in the words of jemalloc's statistics. */
  override getStats (group: string, add: AddStat): Status {
    if (group !== 'extents') return super.getStats(group, add)
    this.allocator.tellExtents(add)
    return Status.SUCCESS
  }
}
