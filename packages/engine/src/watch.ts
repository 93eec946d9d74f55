/** Bits of memcached's log streams, which operators watch. */
export const Stream = {
  FETCHERS: 1,
  MUTATIONS: 2,
  EVICTIONS: 4,
  CONNEVENTS: 8,
  SYSEVENTS: 16,
  DELETIONS: 32,
  RAWCMDS: 64
} as const

/** An item that an engine gave up to make room. */
export interface EvictedItem {
  /** Bytes keyStart to keyEnd. */
  readonly key: Buffer
  readonly keyStart: number
  readonly keyEnd: number
  /** Bytes of its value. */
  readonly size: number
  /** As op.itemClass. */
  readonly itemClass: number
  /** As op.itemExpires and op.itemUsed. */
  readonly expires: number
  readonly used: number
  readonly fetched: boolean
}

/**
 * Where an engine tells what only it sees, if somebody watches: it looks at `streams[0]` first.
 * None of these calls throws or waits, so that they may be made under a lock.
 */
export interface Watch {
  /** streams[0]: the bits that somebody watches just now. */
  readonly streams: Int32Array
  /** EVICTIONS. */
  evicted (item: EvictedItem): void
  /** FETCHERS: the item that the call at hand does not find was there, but is not any more. */
  missed (why: 'expired' | 'flushed'): void
  /** SYSEVENTS: one line of name=value, such as `type=slab_move src=1 dst=2 state=start`. */
  event (text: string): void
}
