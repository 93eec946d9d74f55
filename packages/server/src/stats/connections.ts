import type { AddStat } from '@memplug/engine'
import type { Connection } from '../connection.js'
import type { Core } from '../core.js'
import { Reading } from '../reading.js'

/** The numbers below are those of the sockets that listen. */
export const FIRST_ID = 100

/** A socket that takes connections, or datagrams. */
export interface Listener {
  /** As Link.local says it. */
  readonly address: string
  readonly isUdp?: boolean
}

/**
 * `stats conns` of one thread: by a number of the connection's own, where memcached has its
 * descriptor. `asker` is the connection that asks.
 */
export function addConnections (core: Core, add: AddStat, asker: number): void {
  const { clock } = core
  for (const [i, { address, isUdp = false }] of core.listeners.entries()) {
    if (isUdp) add(`${i + 1}:UDP`, 'UDP')
    add(`${i + 1}:addr`, address)
    add(`${i + 1}:state`, isUdp ? 'conn_read' : 'conn_listening')
    add(`${i + 1}:secs_since_last_cmd`, clock.uptime)
  }
  for (const connection of core.connections) {
    const { id, lastUsed, link } = connection
    add(`${id}:addr`, link.remote)
    add(`${id}:listen_addr`, link.local)
    add(`${id}:state`, id === asker ? 'conn_parse_cmd' : stateOf(connection))
    add(`${id}:secs_since_last_cmd`, clock.now - lastUsed)
  }
}

/** In memcached's words. */
function stateOf ({ isClosing, isCongested, reading, watcher }: Connection): string {
  if (isClosing) return 'conn_closing'
  if (watcher !== null) return 'conn_watch'
  if (isCongested) return 'conn_mwrite'
  if (reading === Reading.VALUE) return 'conn_nread'
  if (reading === Reading.REFUSED_VALUE) return 'conn_swallow'
  return 'conn_read'
}

/** The rows of all threads in the order of their numbers: the newest connection comes last. */
export function inOrder<Row extends readonly [string, unknown]> (rows: readonly Row[]): Row[] {
  return [...rows].sort(([a], [b]) => parseInt(a) - parseInt(b))
}
