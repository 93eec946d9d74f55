import { Stream } from '@memplug/engine'

/** memcached's limit, over all threads. */
const MOST_WATCHERS = 20

/** Int32s: the union of the streams watched; the last event's number, 64 bits; rows of threads. */
const UNION = 0
const LAST_EVENT = 1
const ROWS = 4
/** Words of a row: how many watch there, and how many watch each stream. */
const COUNT = 0
const FIRST_BIT = 1
const BITS = 32 - Math.clz32(Math.max(...Object.values(Stream)))
const ROW = FIRST_BIT + BITS

/** Which streams are watched, and from which threads: in shared memory, so that it is at once. */
export class Streams {
  /** The union is its first word. */
  readonly words: Int32Array
  readonly #threads: number
  readonly #events: BigInt64Array

  static reserve (threads: number): SharedArrayBuffer {
    return new SharedArrayBuffer((ROWS + threads * ROW) * 4)
  }

  constructor (memory: SharedArrayBuffer, threads: number) {
    this.words = new Int32Array(memory)
    this.#threads = threads
    this.#events = new BigInt64Array(memory, LAST_EVENT * 8, 1)
  }

  /** Watchers of all threads. */
  get watchers (): number { return this.#sum(COUNT) }

  /** Streams that some other thread watches. */
  watchedBeside (thread: number): number {
    let streams = 0
    for (let other = 0; other < this.#threads; other++) {
      if (other !== thread) streams |= this.watchedBy(other)
    }
    return streams
  }

  watchedBy (thread: number): number {
    const row = ROWS + thread * ROW
    if (this.words[row + COUNT] === 0) return 0
    let streams = 0
    for (let bit = 0; bit < BITS; bit++) {
      if (this.words[row + FIRST_BIT + bit] > 0) streams |= 1 << bit
    }
    return streams
  }

  /** The number of the next event, larger than every one before. */
  nextEvent (): number { return Number(Atomics.add(this.#events, 0, 1n)) + 1 }

  /** One more watches; false if there are too many. */
  add (thread: number, streams: number): boolean {
    const row = ROWS + thread * ROW
    Atomics.add(this.words, row + COUNT, 1)
    if (this.watchers > MOST_WATCHERS) {
      Atomics.sub(this.words, row + COUNT, 1)
      return false
    }
    this.#eachBit(streams, bit => { Atomics.add(this.words, row + FIRST_BIT + bit, 1) })
    Atomics.or(this.words, UNION, streams)
    return true
  }

  remove (thread: number, streams: number): void {
    const row = ROWS + thread * ROW
    Atomics.sub(this.words, row + COUNT, 1)
    this.#eachBit(streams, bit => { Atomics.sub(this.words, row + FIRST_BIT + bit, 1) })
    this.#narrow(streams)
  }

  /** A thread has ended, and who watched there. */
  clear (thread: number): void {
    const streams = this.watchedBy(thread)
    this.words.fill(0, ROWS + thread * ROW, ROWS + (thread + 1) * ROW)
    this.#narrow(streams)
  }

  /** Takes from the union what nobody watches. Who begins to meanwhile puts it back. */
  #narrow (streams: number): void {
    this.#eachBit(streams, bit => {
      if (this.#sum(FIRST_BIT + bit) > 0) return
      Atomics.and(this.words, UNION, ~(1 << bit))
      if (this.#sum(FIRST_BIT + bit) > 0) Atomics.or(this.words, UNION, 1 << bit)
    })
  }

  #eachBit (streams: number, visit: (bit: number) => void): void {
    for (let bit = 0; bit < BITS; bit++) if ((streams & 1 << bit) !== 0) visit(bit)
  }

  #sum (word: number): number {
    let sum = 0
    for (let thread = 0; thread < this.#threads; thread++) {
      sum += Atomics.load(this.words, ROWS + thread * ROW + word)
    }
    return sum
  }
}
