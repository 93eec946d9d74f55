import type { AddStat } from '@memplug/engine'
import type { Core } from '../core.js'

/** `stats conns`: by a number of the connection's own, where memcached has its descriptor. */
export function addConnections ({ clock, connections }: Core, add: AddStat): void {
  for (const { id, lastUsed, link, state } of connections) {
    add(`${id}:addr`, link.remote)
    add(`${id}:listen_addr`, link.local)
    add(`${id}:state`, state)
    add(`${id}:secs_since_last_cmd`, clock.now - lastUsed)
  }
}
