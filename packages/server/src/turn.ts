import { Counter } from './counters.js'
import { defaults, type ServerSettings } from './options.js'

/** What becomes of a connection that has had its turn and asks for more. */
export const Over = { GO_ON: 0, YIELD: 1, CLOSE: 2 } as const
export type Over = (typeof Over)[keyof typeof Over]

/** Bytes that memcached has for one reply. */
export const REPLY_SIZE = 1232
/** Milliseconds after which a turn ends though -R does not say so. */
const LONGEST = 1
/** The clock is read that often at first, and then each fourth time. */
const OFTEN = 3

/**
 * Counts the requests that one connection is served at a time: as many as -R allows, after which
 * memcached lets others have their turn, and no more than there is memory for their replies.
 *
 * Every transport reads no more than 128 KiB of a connection before the others have their turn.
 * So with the default of -R a yield is counted, but takes place only where these requests take
 * long, as `stats` does; any other -R is obeyed to the request.
 */
export class Turn {
  /** Requests still to be served; below 0 it is over. */
  left = 0
  /** Replies to one request, at most. */
  readonly mostReplies: number
  readonly #counters: Float64Array
  readonly #requests: number
  readonly #first: number
  readonly #isShort: boolean
  readonly #yields: boolean
  #begin = 0
  /** How often the count was exhausted in this turn, and when it was for the second time. */
  #rounds = 0
  #since = 0

  constructor (settings: ServerSettings, counters: Float64Array) {
    const { bufferLimit, maxRequestsPerEvent, threads } = settings
    this.#counters = counters
    this.mostReplies = bufferLimit === 0 ? 0x3fffffff
      : Math.ceil(bufferLimit / Math.max(1, threads) / REPLY_SIZE)
    this.#requests = maxRequestsPerEvent
    // memcached counts what comes after the first request, and a yield is where one more would be.
    this.#first = Math.min(maxRequestsPerEvent + 1, this.mostReplies)
    this.#isShort = this.mostReplies <= maxRequestsPerEvent
    this.#yields = maxRequestsPerEvent !== defaults.maxRequestsPerEvent
  }

  /** `again`: the connection had to yield, and goes on. */
  begin (again: boolean): void {
    this.#rounds = 0
    this.left = this.#begin = again ? Math.min(this.#requests, this.#first) : this.#first
  }

  /** The count is exhausted, and there is one request more. */
  over (): Over {
    if (this.#isShort) {
      this.#counters[Counter.response_obj_oom]++
      return Over.CLOSE
    }
    this.#counters[Counter.conn_yields]++
    if (this.#yields || this.#isLong()) return Over.YIELD
    this.left = this.#requests - 1
    return Over.GO_ON
  }

  /** A hundred requests that take no time need not look at the clock. */
  #isLong (): boolean {
    const rounds = ++this.#rounds
    if (rounds === 1 || (rounds > OFTEN && (rounds & OFTEN) !== 0)) return false
    const now = performance.now()
    if (rounds > 2) return now - this.#since > LONGEST
    this.#since = now
    return false
  }

  /** There is no request more. Replies are sent then, which counts as one as well. */
  end (): void {
    const served = this.#begin - this.left
    if (this.left === 0 && !this.#isShort || served === this.#requests && this.left === 1) {
      this.#counters[Counter.conn_yields]++
    }
  }
}
