import { getSystemErrorMap } from 'node:util'
import { Status, Store, type EvictedItem, type Op } from '@memplug/engine'
import { uriEncode } from '@memplug/protocol'

/** What the lines of watch say behind their time and number, in memcached's words (logger.c). */

const statuses: Readonly<Record<number, string>> = {
  [Status.SUCCESS]: 'stored', [Status.EXISTS]: 'exists', [Status.NOT_FOUND]: 'not_found',
  [Status.TOO_LARGE]: 'too_large', [Status.NO_MEMORY]: 'no_memory'
}

const commands: readonly string[] = ['set', 'add', 'replace', 'append', 'prepend']

/** How a connection came to its end. */
export type CloseReason = 'error' | 'normal' | 'idle_timeout' | 'shutdown'

export interface Fetched {
  readonly status: 'not_found' | 'found' | 'flushed' | 'expired'
  readonly size: number
  readonly itemClass: number
}

export interface Stored {
  readonly status: Status
  /** Seconds left, 0 if it never expires. */
  readonly ttl: number
  readonly size: number
  readonly itemClass: number
}

const keyOf = ({ key, keyStart, keyEnd }: Pick<Op, 'key' | 'keyStart' | 'keyEnd'>): string =>
  uriEncode(key, keyStart, keyEnd)

export function itemGet (op: Op, { status, size, itemClass }: Fetched, cfd: number): string {
  return `type=item_get key=${keyOf(op)} status=${status} clsid=${itemClass} cfd=${cfd} ` +
    `size=${size}`
}

export function itemStore (op: Op, { status, ttl, size, itemClass }: Stored, cfd: number): string {
  const command = op.compare ? 'cas' : commands[op.mode & Store.KIND] ?? 'na'
  return `type=item_store key=${keyOf(op)} status=${statuses[status] ?? 'not_stored'} ` +
    `cmd=${command} ttl=${ttl >>> 0} clsid=${itemClass} cfd=${cfd} size=${size}`
}

export function deleted (op: Op, command: string, itemClass: number, size: number): string {
  return `type=deleted key=${keyOf(op)} cmd=${command} clsid=${itemClass} size=${size}`
}

export function eviction (item: EvictedItem, now: number): string {
  const ttl = item.expires === 0 ? -1 : item.expires - now
  return `type=eviction key=${keyOf(item)} fetch=${item.fetched ? 'yes' : 'no'} ttl=${ttl} ` +
    `la=${now - item.used} clsid=${item.itemClass} size=${item.size}`
}

/** `remote` as Link.remote says it. */
export function connNew (remote: string, cfd: number): string {
  return `type=conn_new ${peer(remote)} cfd=${cfd}`
}

export function connClose (remote: string, reason: CloseReason, cfd: number): string {
  return `type=conn_close ${peer(remote)} reason=${reason} cfd=${cfd}`
}

/** What the system had against a connection, which ends by it. */
export function connError (errno: number, cfd: number): string {
  const [, reason] = getSystemErrorMap().get(-errno) ?? ['', `error ${errno}`]
  return `type=connerr fd=${cfd} msg=${reason.charAt(0).toUpperCase()}${reason.slice(1)}`
}

/** A client of TLS that never became a connection: it has no number. */
export function connTlsError (message: string): string {
  return `type=conntlserr fd=-1 msg=${message.replace(/[^ -~]/g, ' ')}`
}

/** Who was gone before it could be asked for his name is somebody on TCP. */
function peer (remote: string): string {
  if (remote.startsWith('unix:')) return 'rip=unix rport=0 transport=local'
  const [, host = '', port = '0'] = /^tcp6?:(.*):(\d+)$/.exec(remote) ?? []
  return `rip=${host.replace(/^\[|\]$/g, '') || 'unknown'} rport=${port} transport=tcp`
}
