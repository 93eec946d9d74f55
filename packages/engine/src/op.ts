const NOTHING = Buffer.alloc(0)

/**
 * `op.mode` of store: one of the five kinds, and bits beside it. The bits reach only an engine
 * with the feature 'meta'.
 */
export const Store = {
  SET: 0,
  ADD: 1,
  REPLACE: 2,
  APPEND: 3,
  PREPEND: 4,
  /** `mode & KIND` is one of the above. */
  KIND: 7,
  /** APPEND and PREPEND make the item, with `createExpires`, where there is none. */
  CREATE: 8,
  /** With `compare`: an older cas than the item's stores too, and the new item is STALE. */
  INVALIDATE: 16
} as const

/** `op.mode` of arithmetic: INCREMENT or DECREMENT, and bits beside it. */
export const Arithmetic = {
  INCREMENT: 0,
  DECREMENT: 1,
  /**
   * A miss makes the item, with the initial number, `createExpires` and flags 0. Every engine
   * obeys it.
   */
  CREATE: 2,
  /** A hit moves the expiry to `expires`. Feature 'meta'. */
  TOUCH: 4
} as const

/** `op.mode` of get: bits. Only PEEK reaches an engine without the feature 'meta'. */
export const Get = {
  /** Leave no trace of this access: no bump in the LRU, not FETCHED, `itemUsed` as it was. */
  PEEK: 1,
  /** A hit moves the expiry to `expires`. */
  TOUCH: 2,
  /**
   * A miss makes an empty item with flags 0 that expires at `createExpires`, CLAIMED and WON by
   * this get.
   */
  VIVIFY: 4,
  /**
   * This get may be told to make the item anew. One such get wins an item that is STALE or
   * expires before `recache` (0: the latter never; -1: always): CLAIMED, and WON for this one.
   */
  RECACHE: 8,
  /** With PEEK: nor does it count as a get in the engine's statistics. Feature 'meta'. */
  UNCOUNTED: 16
} as const

/** `op.mode` of remove: bits, which reach only an engine with the feature 'meta'. */
export const Remove = {
  /** The item stays, STALE and no longer CLAIMED, with a new cas. */
  STALE: 1,
  /**
   * The item stays, its value empty, its flags 0, without expiry unless TOUCH; a new cas. It is
   * as if stored anew: neither FETCHED nor CLAIMED, nor STALE but for that bit.
   */
  EMPTY: 2,
  /** With STALE or EMPTY: the expiry moves to `expires`. */
  TOUCH: 4
} as const

/** Bits of `op.itemState`, told by an engine with the feature 'meta'. */
export const State = {
  /** It was got before this call (or touched, or counted on), since it was stored. */
  FETCHED: 1,
  /** It was marked stale by remove or by an INVALIDATE store. */
  STALE: 2,
  /** Somebody, this get or an earlier one, was told to make the item anew. */
  CLAIMED: 4,
  /** It is this get that was told so. At most one get wins until the item is stored anew. */
  WON: 8
} as const

/**
 * One request on its way through the engine. The server pools Ops, fills the first half, and
 * reads the second half when the call has succeeded. An engine that makes no use of a field
 * never looks at it.
 *
 * Every number is an int32: an unsigned one is stored `| 0` and printed `>>> 0`, so that
 * writing it makes no garbage. Times are seconds on the host's clock; 0 is "never".
 *
 * From the call until its answer (for a promise: until it settles) the server leaves the Op
 * and the bytes it points at alone. It makes no other call with the same Op meanwhile.
 */
export class Op {
  // Asked: the server writes, the engine reads.

  /** The key is bytes keyStart to keyEnd of `key`; keep a copy, the buffer is used again. */
  key: Buffer = NOTHING
  keyStart = 0
  keyEnd = 0
  /** Store.*, Arithmetic.*, Get.* or Remove.*, by the function called; others do not look. */
  mode = 0
  /** allocate: the bytes of the value to come. */
  size = 0
  flags = 0
  /** store: when the item expires. touch, and the TOUCH bits: the new expiry. */
  expires = 0
  /** The expiry of an item that a CREATE or VIVIFY bit makes. */
  createExpires = 0
  /** get with Get.RECACHE: win if the item expires before this time; 0 never, -1 always. */
  recache = 0
  /** store, remove, arithmetic: only if the item's cas is casHigh:casLow. */
  compare = false
  casLow = 0
  casHigh = 0
  /** 'meta': the item that is stored, counted, vivified or marked gets newCasHigh:newCasLow. */
  setCas = false
  newCasLow = 0
  newCasHigh = 0
  deltaLow = 0
  deltaHigh = 0
  /** arithmetic with Arithmetic.CREATE: the number to begin with. */
  initialLow = 0
  initialHigh = 0

  // Told: the engine writes, the server reads.

  /** The engine's own name for what is held: an offset, an object, null. */
  item: unknown = null
  /** The value is bytes valueStart to valueEnd of `value`. */
  value: Buffer = NOTHING
  valueStart = 0
  valueEnd = 0
  itemFlags = 0
  itemExpires = 0
  /** 'meta': when the item was last used, before this call. */
  itemUsed = 0
  /** 'meta': State.* bits. */
  itemState = 0
  /** With the feature 'cas' never 0:0; but with -C, or without the feature, always. */
  itemCasLow = 0
  itemCasHigh = 0
  /** arithmetic: the new number. */
  resultLow = 0
  resultHigh = 0
  /**
   * scan, and get with Get.PEEK: the item's class, as in `stats items`, and its bytes with its
   * key and what is kept beside them. An engine without classes or such a number leaves the 0.
   */
  itemClass = 0
  itemSize = 0
}
