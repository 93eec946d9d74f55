import type { Connection } from '../connection.js'
import type { Streams } from './streams.js'

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
  readonly #connection: Connection
  readonly #all: Streams
  readonly #thread: number
  /** The number of the first event it is to see. */
  readonly #first: number
  readonly #buffer: Buffer
  #length = 0
  #skipped = 0
  /** What was skipped for all of the thread when that was last asked for. */
  #skippedByAll: number
  /** There was no room, and nothing was sent since. */
  #isFull = false
  #isOver = false
  #isScheduled = false

  constructor (connection: Connection, streams: number, first: number, size: number) {
    this.#connection = connection
    this.streams = streams
    const { streams: all, thread } = connection.core.shared
    this.#all = all
    this.#thread = thread
    this.#skippedByAll = all.skippedBy(thread, streams)
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
      this.#skipped++
      this.#setFull(this.#length > 0)
      return false
    }
    this.#putSkipped()
    this.#put(line)
    this.#schedule()
    return true
  }

  /** The connection has ended: it watches no more. */
  end (): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#all.remove(this.#thread, this.streams, !this.#isFull)
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
    this.#setFull(false)
    // At once: there may be no event for long that could tell it.
    if (this.#length + SKIPPED_ROOM <= this.#buffer.length) this.#putSkipped()
    if (this.#length > 0) this.#schedule()
  }

  #setFull (isFull: boolean): void {
    if (this.#isFull === isFull || this.#isOver) return
    this.#isFull = isFull
    this.#all.setRoom(this.#thread, this.streams, !isFull)
  }

  /** How many events it was not told of since the last line. */
  #takeSkipped (): number {
    const byAll = this.#all.skippedBy(this.#thread, this.streams)
    const skipped = this.#skipped + (byAll - this.#skippedByAll >>> 0)
    this.#skipped = 0
    this.#skippedByAll = byAll
    return skipped
  }

  #putSkipped (): void {
    const skipped = this.#takeSkipped()
    if (skipped > 0) this.#put(`skipped=${skipped}\n`)
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
