import type { Core } from './core.js'
import type { Connection } from './connection.js'
import { Counter } from './counters.js'
import { Gauge } from './gauges.js'
import type { ServerSettings } from './options.js'

/** What the buffers of one thread's connections take: its share of the limit, at most. */
export class Buffers {
  readonly limit: number
  readonly #gauges: Float64Array

  constructor ({ bufferLimit, threads }: ServerSettings, gauges: Float64Array) {
    this.#gauges = gauges
    this.limit = bufferLimit === 0 ? Infinity : bufferLimit / Math.max(1, threads)
  }

  /** Bytes of requests that have not wholly come, or not been served. */
  get held (): number { return this.#gauges[Gauge.READ_BYTES] }

  /** A connection has so many buffers more, or fewer, and so many bytes of them. */
  add (buffers: number, bytes: number): void {
    this.#gauges[Gauge.READ_BUFFERS] += buffers
    this.#gauges[Gauge.READ_BYTES] += bytes
  }

  /** Whether so many bytes more are too many. */
  isShort (more: number): boolean { return this.held + more > this.limit }
}

/** Closes the connections whose clients leave most unread, until the rest is within the limit. */
export function shed (core: Core): void {
  const { buffers, connections, counters } = core
  if (buffers.limit === Infinity) return
  const unread = [...connections].map(connection => [connection, connection.link.unsent] as const)
    .filter(([, unsent]) => unsent > 0).sort(([, a], [, b]) => a - b)
  let total = unread.reduce((sum, [, unsent]) => sum + unsent, buffers.held)
  while (total > buffers.limit && unread.length > 0) {
    const [connection, unsent] = unread.pop()!
    counters[Counter.response_obj_oom]++
    close(connection)
    total -= unsent
  }
}

/** At once, whatever it was doing. */
export function close (connection: Connection, reason: Connection['closeReason'] = 'error'): void {
  connection.end(reason)
  connection.link.destroy()
}
