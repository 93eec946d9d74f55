import type { Allocator } from './allocator.js'
import type { Eviction } from './eviction.js'

/** Milliseconds between two calls where nothing is urgent. */
const REST = 100
const SWEEP = 0.7

/**
 * What thread 0 does beside its requests, a little at a time: it frees what has expired, and
 * lets the allocator put its memory in order.
 */
export class Upkeep {
  private readonly eviction: Eviction
  private readonly allocator: Allocator
  private timer: NodeJS.Timeout
  private swept = 0

  constructor (eviction: Eviction, allocator: Allocator) {
    this.eviction = eviction
    this.allocator = allocator
    this.timer = setTimeout(this.run, REST).unref()
  }

  stop (): void {
    clearTimeout(this.timer)
  }

  private readonly run = (): void => {
    const now = performance.now()
    if (now - this.swept >= REST) {
      this.swept = now
      this.eviction.sweep(SWEEP)
    }
    const rest = this.allocator.maintain?.(this.eviction) ?? REST
    this.timer = setTimeout(this.run, Math.min(rest, REST)).unref()
  }
}
