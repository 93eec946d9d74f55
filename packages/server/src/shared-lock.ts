/** Milliseconds to wait for it: it is held for microseconds. */
const PATIENCE = 100
const FREE = 0
const TAKEN = 1
/** Whoever took it has died, or is very slow: nobody waits any more. */
const LOST = 2

/** A lock in a word that threads share, for what takes microseconds. */
export class SharedLock {
  readonly #words: Int32Array
  readonly #at: number

  constructor (words: Int32Array, at: number) {
    this.#words = words
    this.#at = at
  }

  /** False where a thread died with it: the first to find out waits for 100 ms. */
  take (): boolean {
    for (let tries = 0; tries < PATIENCE; tries++) {
      const before = Atomics.compareExchange(this.#words, this.#at, FREE, TAKEN)
      if (before !== TAKEN) return before === FREE
      Atomics.wait(this.#words, this.#at, TAKEN, 1)
    }
    Atomics.compareExchange(this.#words, this.#at, TAKEN, LOST)
    return false
  }

  release (): void {
    Atomics.store(this.#words, this.#at, FREE)
    Atomics.notify(this.#words, this.#at, 1)
  }
}
