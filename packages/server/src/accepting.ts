import { putWord, words } from '@memplug/protocol'
import type { Link } from '@memplug/transport'
import { TOO_MANY } from './addresses-in-use.js'
import { Connection } from './connection.js'
import type { Core } from './core.js'
import { Counter } from './counters.js'

/** A connection that is counted already; null, and a word to it, if its address has too many. */
export function accept (core: Core, link: Link): Connection | null {
  const { shared } = core
  const address = shared.addresses.enter(link.remote)
  if (address !== TOO_MANY) return new Connection(core, link, false, address)
  shared.addConnections(shared.thread, -1)
  return refuse(core, words.TOO_MANY_FROM_ADDRESS)
}

/** There are too many connections. */
export function refuse (core: Core, word = words.TOO_MANY_CONNECTIONS): null {
  core.counters[Counter.rejected_connections]++
  putWord(core.output, word)
  return null
}
