/** Random choices that a seed repeats. */
export class Random {
  #state: number

  constructor (seed: number) {
    this.#state = seed | 0
  }

  /** From 0 up to, but not, 1 (mulberry32). */
  unit (): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }

  /** A whole number from `low` to `high`, both included. */
  integer (low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1))
  }

  chance (probability: number): boolean {
    return this.unit() < probability
  }

  pick<T> (list: readonly T[]): T {
    return list[Math.floor(this.unit() * list.length)]
  }

  /** Picks by weight. */
  weigh<T> (list: ReadonlyArray<readonly [weight: number, value: T]>): T {
    let left = this.unit() * list.reduce((sum, [weight]) => sum + weight, 0)
    for (const [weight, value] of list) {
      left -= weight
      if (left < 0) return value
    }
    return list.at(-1)![1]
  }

  bytes (length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.integer(0, 255)))
  }
}
