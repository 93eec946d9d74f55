import { close, shed } from './buffers.js'
import type { Connection } from './connection.js'
import type { Core } from './core.js'
import { Counter } from './counters.js'
import { Reading } from './reading.js'

/** To be called each second on every thread: closes the connections that have overstayed. */
export function sweep (core: Core): void {
  const { connections, settings: { idleTimeout, requestTimeout } } = core
  if (idleTimeout > 0 || requestTimeout > 0) {
    for (const connection of connections) {
      if (idleTimeout > 0 && isIdle(connection, core.clock.now - idleTimeout)) {
        core.counters[Counter.idle_kicks]++
        close(connection, 'idle_timeout')
      } else if (requestTimeout > 0 && isLate(connection, core.clock.now - requestTimeout)) {
        core.counters[Counter.request_timeouts]++
        close(connection)
      }
    }
  }
  shed(core)
}

/** As in memcached: neither unix sockets, nor who watches, uploads or has yet to read replies. */
function isIdle (connection: Connection, since: number): boolean {
  return connection.lastUsed < since && connection.watcher === null && !connection.isBlocked &&
    (isBetween(connection) || connection.reading === Reading.KEYS) &&
    connection.link.unsent === 0 && !connection.link.remote.startsWith('unix:')
}

/** A request that began before has not wholly come, and nothing but its client is to blame. */
function isLate (connection: Connection, since: number): boolean {
  if (connection.isBlocked || connection.partSince >= since) return false
  return isBetween(connection) ? connection.hasPart : connection.reading !== Reading.IGNORED
}

/** What comes next is the beginning of a request, though a part of that may be there already. */
function isBetween ({ reading }: Connection): boolean {
  return reading <= Reading.FRAME || reading === Reading.LOGIN_LINE ||
    reading === Reading.LOGIN_FRAME
}
