import { Stream } from '@memplug/engine'

/** memcached's limit, over all threads. */
const MOST_WATCHERS = 20

/**
 * Int32s, where what is written often has cache lines of its own: the union of the streams
 * watched; the last event's number, 64 bits; rows of threads.
 */
const UNION = 0
const LAST_EVENT = 16
const ROWS = 32
const ROW = 32
/**
 * Words of a row: how many watch there; by streams, how many watch it, how many of those have
 * room for a line, and how many events they were not told of because none of them had.
 */
const COUNT = 0
const BITS = 32 - Math.clz32(Math.max(...Object.values(Stream)))
const WATCHING = 1
const ROOM = WATCHING + BITS
const SKIPPED = ROOM + BITS

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
    this.#events = new BigInt64Array(memory, LAST_EVENT * 4, 1)
  }

  /** Watchers of all threads. */
  get watchers (): number { return this.#sum(COUNT) }

  watchedBy (thread: number): number { return this.#streamsIn(thread, WATCHING) }

  /** Streams of which somebody on a thread has room for an event. */
  roomOf (thread: number): number { return this.#streamsIn(thread, ROOM) }

  /** Whether somebody there has room for an event of this one stream. */
  hasRoom (thread: number, stream: number): boolean {
    return Atomics.load(this.words, wordOf(thread, ROOM, stream)) > 0
  }

  /** The same of the other threads. */
  hasRoomBeside (thread: number, stream: number): boolean {
    for (let other = 0; other < this.#threads; other++) {
      if (other !== thread && this.hasRoom(other, stream)) return true
    }
    return false
  }

  /** One that watches there has no room any more, or has room again. */
  setRoom (thread: number, streams: number, hasRoom: boolean): void {
    this.#add(thread, ROOM, streams, hasRoom ? 1 : -1)
  }

  /** Nobody there was told an event of this stream; answers how many were to be. */
  skip (thread: number, stream: number): number {
    Atomics.add(this.words, wordOf(thread, SKIPPED, stream), 1)
    return Atomics.load(this.words, wordOf(thread, WATCHING, stream))
  }

  /** The same on all threads, or the other ones, where nobody has room for it. */
  skipFull (stream: number, beside = -1): number {
    let skipped = 0
    for (let thread = 0; thread < this.#threads; thread++) {
      if (thread === beside || this.hasRoom(thread, stream) ||
        Atomics.load(this.words, wordOf(thread, WATCHING, stream)) === 0) continue
      skipped += this.skip(thread, stream)
    }
    return skipped
  }

  /** Events of these streams that nobody there was told of, modulo 2^32. */
  skippedBy (thread: number, streams: number): number {
    let sum = 0
    for (let bit = 0; bit < BITS; bit++) {
      if ((streams & 1 << bit) === 0) continue
      sum = sum + Atomics.load(this.words, wordOf(thread, SKIPPED, 1 << bit)) | 0
    }
    return sum
  }

  /** The number of the next event, larger than every one before. */
  nextEvent (): number { return Number(Atomics.add(this.#events, 0, 1n)) + 1 }

  /** One more watches, and has room; false if there are too many. */
  add (thread: number, streams: number): boolean {
    const count = ROWS + thread * ROW + COUNT
    Atomics.add(this.words, count, 1)
    if (this.watchers > MOST_WATCHERS) {
      Atomics.sub(this.words, count, 1)
      return false
    }
    this.#add(thread, ROOM, streams, 1)
    this.#add(thread, WATCHING, streams, 1)
    Atomics.or(this.words, UNION, streams)
    return true
  }

  remove (thread: number, streams: number, hadRoom: boolean): void {
    Atomics.sub(this.words, ROWS + thread * ROW + COUNT, 1)
    this.#add(thread, WATCHING, streams, -1)
    if (hadRoom) this.setRoom(thread, streams, false)
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
    for (let bit = 0; bit < BITS; bit++) {
      if ((streams & 1 << bit) === 0 || this.#sum(WATCHING + bit) > 0) continue
      Atomics.and(this.words, UNION, ~(1 << bit))
      if (this.#sum(WATCHING + bit) > 0) Atomics.or(this.words, UNION, 1 << bit)
    }
  }

  #add (thread: number, what: number, streams: number, count: number): void {
    for (let bit = 0; bit < BITS; bit++) {
      if ((streams & 1 << bit) === 0) continue
      Atomics.add(this.words, wordOf(thread, what, 1 << bit), count)
    }
  }

  #streamsIn (thread: number, what: number): number {
    let streams = 0
    for (let bit = 0; bit < BITS; bit++) {
      if (this.words[wordOf(thread, what, 1 << bit)] > 0) streams |= 1 << bit
    }
    return streams
  }

  #sum (word: number): number {
    let sum = 0
    for (let thread = 0; thread < this.#threads; thread++) {
      sum += Atomics.load(this.words, ROWS + thread * ROW + word)
    }
    return sum
  }
}

function wordOf (thread: number, what: number, stream: number): number {
  return ROWS + thread * ROW + what + 31 - Math.clz32(stream)
}
