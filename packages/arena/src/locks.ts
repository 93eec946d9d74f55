import { writeSync } from 'node:fs'

/** The word of a lock: 0, or its owner's thread plus 1 in the bits above the first. */
const FREE = 0
/** The bit that says that somebody sleeps until it is free. */
const AWAITED = 1
const OWNER_SHIFT = 1

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
  /** What the word of a lock is that this thread holds. */
  private readonly mine: number
  private readonly endProcess: End
  private readonly patience: number
  /** Of the word, after those of the locks, that is set when the memory may be torn. */
  private readonly torn: number

  static reserve (count: number): SharedArrayBuffer {
    return new SharedArrayBuffer(4 * (count + 1))
  }

  /** A thread that waits for longer than `patience` milliseconds ends the process. */
  constructor (
    shared: SharedArrayBuffer, alone: boolean, thread = 0, endProcess: End = killProcess,
    patience = PATIENCE_MILLISECONDS
  ) {
    this.words = new Int32Array(shared)
    this.alone = alone
    this.mine = (thread + 1) << OWNER_SHIFT
    this.endProcess = endProcess
    this.patience = patience
    this.torn = this.words.length - 1
  }

  lock (index: number): void {
    if (this.alone) return
    if (Atomics.compareExchange(this.words, index, FREE, this.mine) !== FREE) this.await(index)
  }

  tryLock (index: number): boolean {
    return this.alone || Atomics.compareExchange(this.words, index, FREE, this.mine) === FREE
  }

  unlock (index: number): void {
    if (this.alone) return
    if (Atomics.exchange(this.words, index, FREE) !== this.mine) {
      Atomics.notify(this.words, index, 1)
    }
  }

  /** Whether a thread, which may be over, holds any lock. */
  isHeldBy (thread: number): boolean {
    const { words } = this
    for (let index = 0; index < this.torn; index++) {
      if (Atomics.load(words, index) >> OWNER_SHIFT === thread + 1) return true
    }
    return false
  }

  /** Ends the process, since the memory may be torn. Who waits for a lock does so, too. */
  end (reason: string): never {
    Atomics.store(this.words, this.torn, 1)
    return this.endProcess(reason)
  }

  private await (index: number): void {
    const { words, mine } = this
    for (let spin = 0; spin < SPINS; spin++) {
      if (Atomics.load(words, index) !== FREE) continue
      if (Atomics.compareExchange(words, index, FREE, mine) === FREE) return
    }
    const start = Date.now()
    for (;;) {
      const word = Atomics.load(words, index)
      // Whoever takes the lock here leaves it AWAITED: others may still sleep.
      if (word === FREE) {
        if (Atomics.compareExchange(words, index, FREE, mine | AWAITED) === FREE) return
        continue
      }
      const awaited = word | AWAITED
      if (word !== awaited &&
        Atomics.compareExchange(words, index, word, awaited) !== word) continue
      Atomics.wait(words, index, awaited, NAP_MILLISECONDS)
      if (Atomics.load(words, this.torn) !== 0) this.end('another thread failed')
      if (Date.now() - start > this.patience) {
        this.end('a thread ended, or hangs, with a lock of the item memory in its hands')
      }
    }
  }
}

/** Ends the process, whatever thread this is: items that may be torn are not served. */
export type End = (reason: string) => never

/** The way to end it where the host has none. */
function killProcess (reason: string): never {
  writeSync(2, `memplug: ${reason}; the items in memory may be torn, so the process ends\n`)
  process.kill(process.pid, 'SIGKILL')
  throw new Error(reason)
}
