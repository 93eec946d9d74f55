import { writeSync } from 'node:fs'

const FREE = 0
const HELD = 1
/** Held, and somebody sleeps until it is free. */
const AWAITED = 2

const SPINS = 100
const NAP_MILLISECONDS = 10
const PATIENCE_MILLISECONDS = 30_000

/**
 * Mutual exclusion between threads: an array of locks in shared memory. Where only one thread
 * uses the memory (`alone`) they cost nothing.
 */
export class Locks {
  readonly alone: boolean
  private readonly words: Int32Array
  private readonly patience: number

  static reserve (count: number): SharedArrayBuffer {
    return new SharedArrayBuffer(4 * count)
  }

  /** A thread that waits for longer than `patience` milliseconds ends the process. */
  constructor (shared: SharedArrayBuffer, alone: boolean, patience = PATIENCE_MILLISECONDS) {
    this.words = new Int32Array(shared)
    this.alone = alone
    this.patience = patience
  }

  lock (index: number): void {
    if (this.alone) return
    if (Atomics.compareExchange(this.words, index, FREE, HELD) !== FREE) this.await(index)
  }

  tryLock (index: number): boolean {
    return this.alone || Atomics.compareExchange(this.words, index, FREE, HELD) === FREE
  }

  unlock (index: number): void {
    if (this.alone) return
    if (Atomics.exchange(this.words, index, FREE) === AWAITED) Atomics.notify(this.words, index, 1)
  }

  private await (index: number): void {
    const { words } = this
    for (let spin = 0; spin < SPINS; spin++) {
      if (Atomics.load(words, index) !== FREE) continue
      if (Atomics.compareExchange(words, index, FREE, HELD) === FREE) return
    }
    const start = Date.now()
    // Whoever takes the lock here leaves it AWAITED: others may still sleep.
    while (Atomics.exchange(words, index, AWAITED) !== FREE) {
      Atomics.wait(words, index, AWAITED, NAP_MILLISECONDS)
      if (Date.now() - start > this.patience) {
        endProcess('a thread ended, or hangs, with a lock of the item memory in its hands')
      }
    }
  }
}

/** Items that may be torn are not served: the process ends at once, whatever thread this is. */
export function endProcess (reason: string): never {
  writeSync(2, `memplug: ${reason}; the items in memory may be torn, so the process ends\n`)
  process.kill(process.pid, 'SIGKILL')
  throw new Error(reason)
}
