import type { WatchEvent } from '../watch/outbox.js'
import type { Streams } from '../watch/streams.js'

/** What the relay needs of those it connects: the workers, and thread 0. */
export interface Ends {
  /** False if there is no such worker just now, or they are taken already. */
  give (thread: number, from: number, events: readonly WatchEvent[]): boolean
  /** A thread's batch has been taken by all: it may pass on the next. */
  taken (thread: number): void
  /** So many were not told an event. */
  skipped (count: number): void
}

/** Passes what one thread sees on to those where somebody watches, a batch at a time. */
export class EventRelay {
  readonly #streams: Streams
  readonly #workers: number
  readonly #ends: Ends
  /** By the thread that it came from: the workers that have not taken its batch yet. */
  readonly #awaited = new Map<number, Set<number>>()

  constructor (streams: Streams, workers: number, ends: Ends) {
    this.#streams = streams
    this.#workers = workers
    this.#ends = ends
  }

  pass (from: number, events: readonly WatchEvent[]): void {
    const awaited = new Set<number>()
    for (let thread = 0; thread <= this.#workers; thread++) {
      if (thread === from || this.#streams.watchedBy(thread) === 0) continue
      if (this.#streams.roomOf(thread) === 0) {
        this.#skip(thread, events)
        continue
      }
      if (this.#ends.give(thread, from, events)) awaited.add(thread)
    }
    this.#awaited.set(from, awaited)
    this.#settle(from)
  }

  /** A worker has taken the batch that came from a thread. */
  takenBy (thread: number, from: number): void {
    this.#awaited.get(from)?.delete(thread)
    this.#settle(from)
  }

  /** A worker has ended: it takes nothing any more, and nobody watches there. */
  ended (thread: number): void {
    this.#streams.clear(thread)
    this.#awaited.delete(thread)
    for (const from of [...this.#awaited.keys()]) this.takenBy(thread, from)
  }

  /** Nobody there has room. */
  #skip (thread: number, events: readonly WatchEvent[]): void {
    const watched = this.#streams.watchedBy(thread)
    for (const { stream } of events) {
      if ((watched & stream) === 0) continue
      this.#ends.skipped(this.#streams.skip(thread, stream))
    }
  }

  #settle (from: number): void {
    if (this.#awaited.get(from)?.size !== 0) return
    this.#awaited.delete(from)
    this.#ends.taken(from)
  }
}
