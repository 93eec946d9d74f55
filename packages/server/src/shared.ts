import { COUNTERS, type CounterName, Counter } from './counters.js'

/** Words of `words` before those of each thread. */
const NOW = 0
const VERBOSITY = 1
const FLUSH_AT = 2
const HEADER = 8

/** What the threads of a server share: survives a structured clone. */
export interface SharedServer {
  readonly threads: number
  readonly words: SharedArrayBuffer
  readonly counters: SharedArrayBuffer
}

/** The server's state that belongs to no thread, and each thread's counters. */
export class Shared {
  readonly memory: SharedServer
  readonly thread: number
  /** This thread's own: written without locks, read by all. */
  readonly counters: Float64Array
  readonly #all: Float64Array
  readonly #words: Int32Array

  static reserve (threads: number): SharedServer {
    return {
      threads,
      words: new SharedArrayBuffer((HEADER + 2 * threads) * 4),
      counters: new SharedArrayBuffer(threads * COUNTERS * 8)
    }
  }

  constructor (memory: SharedServer, thread: number) {
    this.memory = memory
    this.thread = thread
    this.#words = new Int32Array(memory.words)
    this.#all = new Float64Array(memory.counters)
    this.counters = new Float64Array(memory.counters, thread * COUNTERS * 8, COUNTERS)
  }

  /** Seconds on the server's clock, which thread 0 winds. */
  get now (): number { return this.#words[NOW] }
  set now (seconds: number) { this.#words[NOW] = seconds }

  get verbosity (): number { return this.#words[VERBOSITY] }
  set verbosity (level: number) { this.#words[VERBOSITY] = level }

  /** When a delayed flush_all is due; 0 if none is. */
  get flushAt (): number { return this.#words[FLUSH_AT] }
  set flushAt (time: number) { this.#words[FLUSH_AT] = time }

  /** Connections that are open, or handed over and about to be, on all threads. */
  get connections (): number {
    let sum = 0
    for (let thread = 0; thread < this.memory.threads; thread++) sum += this.connectionsOf(thread)
    return sum
  }

  connectionsOf (thread: number): number {
    return Atomics.load(this.#words, HEADER + thread)
  }

  addConnections (thread: number, count: number): void {
    Atomics.add(this.#words, HEADER + thread, count)
  }

  clearConnections (thread: number): void {
    Atomics.store(this.#words, HEADER + thread, 0)
  }

  /** Descriptors that a thread has taken of those it was handed; comes round at 2^32. */
  taken (thread: number): number {
    return Atomics.load(this.#words, HEADER + this.memory.threads + thread)
  }

  /** This thread takes the next one. */
  take (): void {
    Atomics.add(this.#words, HEADER + this.memory.threads + this.thread, 1)
  }

  /** A counter's value over all threads. */
  sum (name: CounterName): number {
    let sum = 0
    for (let at = Counter[name]; at < this.#all.length; at += COUNTERS) sum += this.#all[at]
    return sum
  }

  /** Zeroes the counters, of all threads but for what is on its way just now. */
  reset (): void { this.#all.fill(0) }
}
