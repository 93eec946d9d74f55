/**
 * Which memory is committed and idle, by blocks of 64 KiB. A block's word holds how many of its
 * quanta are in use, whether it was ever used since it was last given back, and the tick at
 * which it fell idle.
 */

import { QUANTUM_BITS } from './classes.js'

export const BLOCK_BITS = 16
const QUANTA_BITS = BLOCK_BITS - QUANTUM_BITS
const QUANTA = 1 << QUANTA_BITS
const IN_USE = 0x7f
const COMMITTED = 0x80
const TICK_SHIFT = 8
const TICK_MASK = 0xffffff

/** Words of `totals`. */
const COMMITTED_BLOCKS = 0
const DISCARDED_BLOCKS = 1
const TICK = 2
const TOTALS = 3

export interface SharedResidency {
  readonly blocks: SharedArrayBuffer
  readonly totals: SharedArrayBuffer
}

/** Every function is called under the allocator lock. */
export class Residency {
  private readonly blocks: Int32Array
  private readonly totals: Int32Array

  /** For the quanta before `limit`. */
  static reserve (limit: number): SharedResidency {
    return {
      blocks: new SharedArrayBuffer((limit + QUANTA - 1 >>> QUANTA_BITS) * 4),
      totals: new SharedArrayBuffer(4 * TOTALS)
    }
  }

  constructor (shared: SharedResidency) {
    this.blocks = new Int32Array(shared.blocks)
    this.totals = new Int32Array(shared.totals)
  }

  get count (): number {
    return this.blocks.length
  }

  /** Blocks that may be in memory, as far as the allocator knows. */
  get committed (): number {
    return this.totals[COMMITTED_BLOCKS]
  }

  /** How many blocks were ever given back. */
  get discarded (): number {
    return this.totals[DISCARDED_BLOCKS]
  }

  /** Sets the time that idleness counts from, in ticks of any length. */
  set tick (tick: number) {
    this.totals[TICK] = tick & TICK_MASK
  }

  use (start: number, quanta: number): void {
    const end = start + quanta
    for (let at = start; at < end;) {
      const block = at >>> QUANTA_BITS
      const next = Math.min((block + 1) << QUANTA_BITS, end)
      const word = this.blocks[block]
      if ((word & COMMITTED) === 0) this.totals[COMMITTED_BLOCKS]++
      this.blocks[block] = (word | COMMITTED) + (next - at)
      at = next
    }
  }

  idle (start: number, quanta: number): void {
    const end = start + quanta
    for (let at = start; at < end;) {
      const block = at >>> QUANTA_BITS
      const next = Math.min((block + 1) << QUANTA_BITS, end)
      const word = this.blocks[block] - (next - at)
      this.blocks[block] = (word & IN_USE) !== 0
        ? word
        : COMMITTED | this.totals[TICK] << TICK_SHIFT
      at = next
    }
  }

  /** Whether a block is committed and has been idle for so many ticks or longer. */
  isIdle (block: number, ticks: number): boolean {
    const word = this.blocks[block]
    if ((word & (COMMITTED | IN_USE)) !== COMMITTED) return false
    return (this.totals[TICK] - (word >>> TICK_SHIFT) & TICK_MASK) >= ticks
  }

  /** The operating system has taken an idle block back. */
  discard (block: number): void {
    this.blocks[block] = 0
    this.totals[COMMITTED_BLOCKS]--
    this.totals[DISCARDED_BLOCKS]++
  }
}
