import type { Evictor, Memory } from '@memplug/arena'
import type { Host } from '@memplug/engine'
import type { Discard } from '@memplug/arena'
import { BLOCK_BITS, type Residency } from './residency.js'

const SEGMENT_BLOCKS_BITS = 30 - BLOCK_BITS
/** Blocks looked at in one call, at most. */
const MOST_STEPS = 16_384
/** Blocks given back under one hold of the lock, and in one call: 1 and 8 MiB. */
const MOST_AT_ONCE = 16
const MOST_PER_CALL = 128

/** Gives free memory that has been idle for a while back to the operating system. */
export class Decay {
  private readonly residency: Residency
  private readonly memory: Memory
  private readonly host: Host
  private readonly discard: Discard
  private readonly seconds: number
  /** Blocks that stay, used or not. */
  private readonly reserve: number
  private next = 0
  private failed = false

  /** After `seconds` of idleness, but not below `reserve` bytes in all. */
  constructor (
    residency: Residency, memory: Memory, host: Host, discard: Discard, seconds: number,
    reserve: number
  ) {
    this.residency = residency
    this.memory = memory
    this.host = host
    this.discard = discard
    this.seconds = seconds
    this.reserve = Math.ceil(reserve / 2 ** BLOCK_BITS)
    residency.tick = host.now()
  }

  /** Some of the work: called again and again. */
  run (evictor: Evictor): void {
    const { residency } = this
    evictor.lock()
    residency.tick = this.host.now()
    evictor.unlock()
    const steps = Math.min(residency.count, MOST_STEPS)
    let given = 0
    for (let step = 0; step < steps && given < MOST_PER_CALL && !this.failed; step++) {
      if (residency.committed <= this.reserve) return
      if (!residency.isIdle(this.next, this.seconds)) {
        this.next = this.next + 1 < residency.count ? this.next + 1 : 0
        continue
      }
      evictor.lock()
      given += this.giveBack()
      evictor.unlock()
    }
  }

  /** Gives back some neighbouring blocks; tells how many. Under the allocator lock. */
  private giveBack (): number {
    const { residency, next } = this
    const segment = next >>> SEGMENT_BLOCKS_BITS
    const most = Math.min(MOST_AT_ONCE, residency.committed - this.reserve)
    let end = next
    while (end - next < most && end < residency.count &&
      end >>> SEGMENT_BLOCKS_BITS === segment && residency.isIdle(end, this.seconds)) end++
    if (end === next) return 0
    const offset = next - (segment << SEGMENT_BLOCKS_BITS)
    try {
      this.discard(this.memory.words[segment], offset * 2 ** BLOCK_BITS,
        (end - next) * 2 ** BLOCK_BITS)
    } catch (error) {
      this.failed = true
      this.host.log('warn', 'idle memory can not be given back to the operating system', error)
      return 0
    }
    for (let block = next; block < end; block++) residency.discard(block)
    this.next = end < residency.count ? end : 0
    return end - next
  }
}
