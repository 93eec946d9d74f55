import type { Host } from './host.js'
import type { Op } from './op.js'
import type { Answer, Status } from './status.js'

/** The version of this API. A server refuses an engine that names another. */
export const API_VERSION = 1

/** A feature is a promise that the server acts on and the conformance kit tests. */
export type Feature =
  | 'cas'         // keeps and compares cas values
  | 'lru'         // makes room by evicting; without it a full engine answers NO_MEMORY
  | 'persistent'  // items outlive destroy() and initialize()
  | 'shared'      // threads may each have an instance over the same items (host.shared)
  | 'async'       // may answer with a promise; without it every answer but flush's is a number
  | 'meta'        // keeps itemUsed and itemState, obeys every mode bit and setCas
  | 'scan'        // is a Scanner too
  | 'admin'       // is Administered too
  | 'foresight'   // is Foreseeing too
  | 'restart'     // thread 0 also starts from a host.shared of an earlier process (see initialize)

export interface EngineInfo {
  readonly apiVersion: typeof API_VERSION
  readonly name: string
  readonly version: string
  readonly features: readonly Feature[]
}

/** Takes one statistic: memcached's name for it, and its value. */
export type AddStat = (name: string, value: string | number) => void

/**
 * The thirteen functions of a storage engine.
 *
 * **Outcomes are statuses.** An exception, or a rejection, is a bug: the server logs it and
 * answers SERVER_ERROR to that request. Only initialize() may throw, to refuse to start.
 *
 * **Holds.** A SUCCESS of allocate, get, touch or arithmetic gives the server one hold:
 * bytes valueStart to valueEnd of op.value stay where they are, unchanged (but by the server
 * itself, between allocate and store), until it calls release(op) with op.item as it was told.
 * store never ends a hold, whatever it answers; it may change op.item, and the hold moves with
 * it. No other answer gives a hold. The server releases in the same turn, after copying, or,
 * when it sends a large value from where it lies, once that is sent.
 *
 * **Bytes.** The key and the value being stored do not change until the answer. An engine that
 * keeps a key copies it; an op.value from its own allocate is its own to keep.
 *
 * **Order.** On one connection the server awaits an answer before the next command's call,
 * except that the gets of one multiget may all be issued before any is awaited, each with an
 * Op of its own. Between connections there is no order.
 *
 * **Time** comes from host.now(). `expires !== 0 && expires <= host.now()` means gone.
 *
 * **Threads.** One engine object is only ever called from its own thread. With the feature
 * 'shared', the objects of other threads work on the same items at the same time, and locking
 * is wholly the engine's. If a thread dies outside a call, the server starts another with the
 * same host.thread and host.shared, and the engine ends the holds of the dead one.
 */
export interface Engine {
  /** Constant, and callable before initialize(). */
  getInfo (): EngineInfo

  /**
   * Makes ready. May be slow. Throws an Error whose message tells the operator why the engine
   * can't start: a ConfigError for what --engine-config gave. With the feature 'restart',
   * host.shared is plain objects, arrays, texts, numbers and SharedArrayBuffers, and if it is
   * there on thread 0, then it is what thread 0 set before, with the same settings and config,
   * its buffers filled with what they held when the engines of all threads were destroyed.
   * Answers SUCCESS, NO_MEMORY, TEMPORARY_FAILURE.
   */
  initialize (host: Host): Answer

  /**
   * Gives everything back. Nothing is held by then, and no call follows but initialize().
   * Answers SUCCESS, TEMPORARY_FAILURE.
   */
  destroy (): Answer

  /**
   * Tells the statistics of a group: '' general, 'items', 'slabs', 'sizes', or one of the
   * engine's own; 'reset' zeroes the counters and tells nothing. May be slow.
   * Answers SUCCESS, NOT_FOUND (a group it does not know), TEMPORARY_FAILURE.
   */
  getStats (group: string, add: AddStat): Answer

  /**
   * Whether such an item can ever be stored. Pure: no lock, no allocation.
   * Answers SUCCESS, TOO_LARGE.
   */
  testCapacity (keyLength: number, valueLength: number): Status

  /**
   * Room for op.size bytes under op's key; no one can find it before store. Keeps op.flags and
   * op.expires with it where the engine likes: they are the same when store is called.
   * Answers SUCCESS (held), TOO_LARGE, NO_MEMORY.
   */
  allocate (op: Op): Status

  /** Ends the hold that this very Op was told, of op.item. At once; never fails. */
  release (op: Op): void

  /**
   * Makes what allocate gave findable, as op.mode says, if op.compare allows. APPEND and
   * PREPEND join it to the old value and keep the old flags and expiry. A success tells the
   * new cas, and the value where it then lies. An old item stays as it was unless the answer is
   * SUCCESS. Where there is no item, compare makes SET NOT_FOUND; the others may say NOT_STORED.
   * After TEMPORARY_FAILURE it may be called again with the same hold.
   * Answers SUCCESS, NOT_STORED, NOT_FOUND (compare, absent), EXISTS (compare, differs),
   * TOO_LARGE, NO_MEMORY, NOT_SUPPORTED (APPEND, PREPEND), TEMPORARY_FAILURE.
   */
  store (op: Op): Answer

  /** Answers SUCCESS (held), NOT_FOUND, TEMPORARY_FAILURE; with VIVIFY NO_MEMORY too. */
  get (op: Op): Answer

  /**
   * Moves the expiry to op.expires and tells the item. Serves touch and gat.
   * Answers SUCCESS (held), NOT_FOUND, NOT_SUPPORTED, TEMPORARY_FAILURE.
   */
  touch (op: Op): Answer

  /** Answers SUCCESS, NOT_FOUND, EXISTS (compare), TEMPORARY_FAILURE. Gives no hold. */
  remove (op: Op): Answer

  /**
   * Adds to, or takes from, an item whose value is an unsigned 64-bit decimal number; upward
   * it wraps at 2^64, downward it stops at 0. Tells the item and the new number. The value
   * may keep trailing spaces, so that a shorter number needs no new room.
   * Answers SUCCESS (held), NOT_FOUND, EXISTS (compare), NOT_NUMERIC, NO_MEMORY,
   * NOT_SUPPORTED (the server does it by get and a comparing store), TEMPORARY_FAILURE.
   */
  arithmetic (op: Op): Answer

  /**
   * Empties the store at once; a delayed flush is the server's timer. May answer with a promise
   * also without the feature 'async'.
   * Answers SUCCESS, NOT_SUPPORTED, TEMPORARY_FAILURE.
   */
  flush (): Answer
}

/** Beside the thirteen, for the feature 'scan': walks over all items, in no order. */
export interface Scanner {
  /**
   * Tells in op, unheld, the first item at or after the cursor, 0 being the start: key, flags,
   * expiry, cas, state, time of last use, class, and the sizes (of the value valueStart to
   * valueEnd, whose bytes mean nothing).
   * Answers the next cursor; 0 at the end, when op tells nothing. Where it would have to look for
   * long it may tell no item but a key of no bytes, and the cursor to go on with. An item that
   * stays during the whole walk is told at least once; one that has expired is not told.
   */
  scan (op: Op, cursor: number): number | Promise<number>
}

/** Beside the thirteen, for the feature 'admin': answers the operator's commands. */
export interface Administered {
  /**
   * Does what a text command such as `slabs reassign 1 2` asks, given its words, and tells the
   * one line to answer with. May be slow. Answers SUCCESS (told), NOT_FOUND (a command it does
   * not know: nothing told), TEMPORARY_FAILURE.
   */
  administer (words: readonly string[], tell: (line: string) => void): Answer
}

/** Beside the thirteen, for an engine whose items a fault may leave half changed. */
export interface Inspected {
  /**
   * Called when a function of this object threw (`thread` is its own), and on thread 0 when
   * another thread has died. Calls host.end() if the items can't be trusted any more.
   */
  inspect (thread: number, cause: string): void
}

/** Beside the thirteen, for the feature 'foresight': learns early which keys will be asked for. */
export interface Foreseeing {
  /**
   * Tells that calls with these keys, bytes starts[i] to ends[i] of `key` for each i below
   * `count`, will probably follow, in this order: time to fetch what they need. The bytes do
   * not change until the next foresee(), which makes this one void; a count of 0 does no more
   * than that. Of the i-th key an item will be stored, or removed, if bit i of `stored` is 1;
   * `count` is 32 at most. The arrays are the server's. At once; never fails.
   */
  foresee (
    key: Buffer, starts: Int32Array, ends: Int32Array, count: number, stored: number
  ): void
}

/** What a module given to --engine exports by default, or under the name createEngine. */
export type CreateEngine = () => Engine
