/** A line for the watchers of this stream. */
export interface WatchEvent {
  readonly stream: number
  readonly number: number
  readonly line: string
}

/**
 * Events on their way to watchers on other threads: one batch at a time, so that a thread that
 * is slow to take them costs no more than this buffer.
 */
export class Outbox {
  readonly #limit: number
  readonly #pass: (events: readonly WatchEvent[]) => void
  #events: WatchEvent[] = []
  #size = 0
  #isUnderWay = false
  #isScheduled = false
  /** There was no room, and nothing was passed on since. */
  isFull = false

  constructor (limit: number, pass: (events: readonly WatchEvent[]) => void) {
    this.#limit = limit
    this.#pass = pass
  }

  /** False if there is no room for it. */
  add (event: WatchEvent): boolean {
    if (this.#size + event.line.length > this.#limit) {
      this.isFull = this.#size > 0
      return false
    }
    this.#size += event.line.length
    this.#events.push(event)
    this.#schedule()
    return true
  }

  /** The batch that was passed on has been taken by all. */
  taken (): void {
    this.#isUnderWay = false
    if (this.#events.length > 0) this.#schedule()
  }

  #schedule (): void {
    if (this.#isUnderWay || this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#isUnderWay = true
      const events = this.#events
      this.#events = []
      this.#size = 0
      this.isFull = false
      this.#pass(events)
    })
  }
}
