import { Status } from '@memplug/engine'
import type { Evictor } from '@memplug/arena'
import { Client, MEGABYTE } from '../../../packages/arena/test/client.js'
import type { SlabAllocator } from '../src/allocator.js'
import { SlabEngine } from '../src/index.js'

const AUTOMOVE_OFF = { slab_automove: '0' }

/** A client that moves pages. */
export class Operator extends Client<SlabEngine> {
  constructor (megabytes = 8, config: Record<string, string> = AUTOMOVE_OFF, settings = {}) {
    super(new SlabEngine(), { memoryLimit: megabytes * MEGABYTE, ...settings }, config)
  }

  get allocator (): SlabAllocator {
    return (this.engine as unknown as { allocator: SlabAllocator }).allocator
  }

  get evictor (): Evictor {
    return (this.engine as unknown as { eviction: Evictor }).eviction
  }

  command (line: string): string | null {
    let told = null
    const status = this.engine.administer(line.split(' '), line => { told = line })
    expect(status).toBe(told === null ? Status.NOT_FOUND : Status.SUCCESS)
    return told
  }

  /** Lets the mover work so many times, as its timer does, or until nothing is left to do. */
  work (times = Infinity): number {
    let slices = 0
    for (; slices < times && this.stats().slab_reassign_running !== 0; slices++) {
      this.allocator.maintain(this.evictor)
    }
    return slices
  }

  fill (prefix: string, count: number, size: number): void {
    for (let i = 0; i < count; i++) {
      expect(this.set(`${prefix} ${i}`, `${i}`.padEnd(size))).toBe(Status.SUCCESS)
    }
  }

  /** How many of the items that fill made are there; each as it was made. */
  countWhole (prefix: string, count: number, size: number): number {
    let whole = 0
    for (let i = 0; i < count; i++) {
      const value = this.get(`${prefix} ${i}`)
      if (value === null) continue
      expect(value).toBe(`${i}`.padEnd(size))
      whole++
    }
    return whole
  }
}
