import { State } from '@memplug/engine'

/**
 * An item: a header of 48 bytes, then its key, then its value.
 *
 * Who may write what: CHAIN, META, CAS, EXPIRES, USED and SIZE of a linked item under its
 * bucket's lock (the sieve's hand clears VISITED atomically without it); PREVIOUS and NEXT
 * under the lock of its LRU list; HOLDS atomically. Of an item not yet linked, its maker all.
 */

/** Words of the header: add to the index of the item's first word. */
export const Word = {
  /** Ref of the next item in the bucket. */
  CHAIN: 0,
  /** Refs of the neighbours in the LRU list, the newer and the older. */
  PREVIOUS: 1,
  NEXT: 2,
  HASH: 3,
  CAS_LOW: 4,
  CAS_HIGH: 5,
  EXPIRES: 6,
  /** The client's flags. */
  FLAGS: 7,
  /** When it was last used: seconds on the host's clock. */
  USED: 8,
  /** Length of the key, and Meta's bits. */
  META: 9,
  /** Bytes of the value. */
  SIZE: 10,
  /** How many hold the item; being linked counts as one. At 0 its chunk is freed. */
  HOLDS: 11
} as const

export const HEADER_SIZE = 48

/** Bits of Word.META. */
export const Meta = {
  KEY_LENGTH: 0xffff,
  /** State's bits that an item keeps. */
  FETCHED: State.FETCHED << 16,
  STALE: State.STALE << 16,
  CLAIMED: State.CLAIMED << 16,
  STATE_SHIFT: 16,
  STATE: State.FETCHED | State.STALE | State.CLAIMED,
  /** Used since the eviction hand last passed; in a segmented LRU, used twice: active. */
  VISITED: 8 << 16,
  /** Can be found: it is in its bucket and in its LRU list. */
  LINKED: 16 << 16,
  /** Was linked once: it can't be stored again. */
  STORED: 32 << 16,
  /** Which of its class's LRU lists it is in: one of Segment, in 2 bits. */
  SEGMENT_SHIFT: 22,
  /** The number of flushes when it was linked, in 8 bits. */
  GENERATION_SHIFT: 24
} as const

/** Bytes that an item takes: what `bytes` counts. */
export function itemSize (keyLength: number, valueLength: number): number {
  return HEADER_SIZE + keyLength + valueLength
}
