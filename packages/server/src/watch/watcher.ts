import type { Connection } from '../connection.js'

/** A line has room if this much is left beside it, for the one that says how many were skipped. */
const SKIPPED_ROOM = 128
/** Bytes handed to the socket at a time, at most: the next when it has taken them. */
const PORTION = 1 << 16

/**
 * A connection that watches. Its lines wait in a buffer that never grows: what has no room is
 * counted, and told when there is room again, as memcached does. Nobody waits for a watcher.
 */
export class Watcher {
  readonly streams: number
  /** There was no room, and nothing was sent since. */
  isFull = false
  readonly #connection: Connection
  /** The number of the first event it is to see. */
  readonly #first: number
  readonly #buffer: Buffer
  #length = 0
  #skipped = 0
  #isScheduled = false

  constructor (connection: Connection, streams: number, first: number, size: number) {
    this.#connection = connection
    this.streams = streams
    this.#first = first
    this.#buffer = Buffer.allocUnsafeSlow(size)
  }

  /** Whether it is to see an event of these streams. */
  wants (streams: number, event: number): boolean {
    return (this.streams & streams) !== 0 && event >= this.#first
  }

  /** Takes a line of latin1; false if it had to be skipped. */
  add (line: string): boolean {
    if (this.#length + line.length + SKIPPED_ROOM > this.#buffer.length) {
      this.skip()
      this.isFull = this.#length > 0
      return false
    }
    if (this.#skipped > 0) this.#put(`skipped=${this.#skipped}\n`)
    this.#skipped = 0
    this.#put(line)
    this.#schedule()
    return true
  }

  /** There was an event that it is to be told no more than the number of. */
  skip (): void {
    this.#skipped++
  }

  /** The socket may take more: to be called when it has drained. */
  send (): void {
    const { core, link } = this.#connection
    if (this.#length === 0 || link.unsent > 0) return
    const size = Math.min(this.#length, PORTION)
    this.#connection.reserve(size)
    const { output } = core
    this.#buffer.copy(output.bytes, output.end, 0, size)
    output.end += size
    this.#connection.flush()
    this.#buffer.copyWithin(0, size, this.#length)
    this.#length -= size
    this.isFull = false
    if (this.#length > 0) this.#schedule()
  }

  #put (line: string): void {
    this.#length += this.#buffer.write(line, this.#length, 'latin1')
  }

  /** What comes at once goes at once, and after the replies that are being written now. */
  #schedule (): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      if (this.#connection.watcher === this) this.send()
    })
  }
}
