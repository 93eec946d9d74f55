/**
 * Extents: ranges of quanta of 1 KiB that never cross a segment. Free neighbours are always one
 * extent, and free extents stand in lists by size, two levels deep, after TLSF: an extent that
 * fits well is found, and one that is given back joins its neighbours, in constant time.
 *
 * Nothing is kept in the memory itself. Each quantum has four words of tags:
 *
 *   START  the first quantum of its extent: valid at the first and the last quantum, and at
 *          every one of a run
 *   INFO   at the first quantum: the extent's size, its class and state; 0 at all others, but
 *          those of a run, whose user may use it
 *   NEXT,  at the first quantum: the neighbours in a list of free extents, or of runs of one
 *   PREV   class; 0 is "none"
 *
 * The other words are free for the extent's user.
 */

import { PAGE_QUANTA, QUANTUM } from './classes.js'
import { Residency, type SharedResidency } from './residency.js'

export const TAG_BITS = 2
export const START = 0
export const INFO = 1
export const NEXT = 2
export const PREV = 3

/** The lowest bits of INFO: the state, then a mark for the user, the class, and the size. */
export const State = { FREE: 1, LARGE: 2, RUN: 3, MASK: 3 } as const
/** The extent is in the window that somebody clears: nothing is taken from it. */
export const CLOSED = 4
export const CLASS_SHIFT = 3
export const CLASS_MASK = 0x7f
export const SIZE_SHIFT = 10

const SEGMENT_QUANTA = 2 ** 30 / QUANTUM
/** The first page is not used. */
const FIRST = PAGE_QUANTA

/** Lists for each doubling of the size. */
const SECOND_BITS = 4
const SECOND = 1 << SECOND_BITS
const FIRST_LEVELS = 18
/** Extents of its own list that are tried when no list above it has any. */
const TRIES = 32

/** Words of `control`: a bitmap of levels, a bitmap of lists for each level, list heads. */
const LEVELS = 0
const LISTS = 1
const HEADS = LISTS + FIRST_LEVELS
const USED = HEADS + FIRST_LEVELS * SECOND
const WINDOW_START = USED + 1
const WINDOW_END = USED + 2
const WINDOWS = USED + 3
const LIMIT = USED + 4
const CONTROL_WORDS = USED + 5
/** How long to wait for another's window, which takes milliseconds at most. */
const NAP_MILLISECONDS = 10
const MOST_NAPS = 3000

export interface SharedExtents {
  readonly tags: SharedArrayBuffer
  readonly control: SharedArrayBuffer
  readonly residency: SharedResidency
}

/** Every function is called under the allocator lock, unless it says otherwise. */
export class Extents {
  readonly tags: Int32Array
  readonly first = FIRST
  readonly residency: Residency
  private readonly control: Int32Array

  /** Makes the tags for so many pages of a Memory, and frees those that may be used at first. */
  static reserve (pages: number, usable = pages): SharedExtents {
    const limit = (pages + 1) * PAGE_QUANTA
    const shared = {
      tags: new SharedArrayBuffer((limit + 1) << TAG_BITS + 2),
      control: new SharedArrayBuffer(CONTROL_WORDS * 4),
      residency: Residency.reserve(limit)
    }
    const extents = new Extents(shared)
    extents.control[LIMIT] = FIRST
    extents.raise((usable + 1) * PAGE_QUANTA)
    return shared
  }

  constructor (shared: SharedExtents) {
    this.tags = new Int32Array(shared.tags)
    this.residency = new Residency(shared.residency)
    this.control = new Int32Array(shared.control)
  }

  /** One more than the last quantum. */
  get limit (): number {
    return this.control[LIMIT]
  }

  /** Quanta that are not free. */
  get used (): number {
    return this.control[USED]
  }

  /** How many windows were ever opened. */
  get windows (): number {
    return this.control[WINDOWS]
  }

  get isWindowOpen (): boolean {
    return this.control[WINDOW_END] !== 0
  }

  /** Quanta of the largest extent that there can be. */
  get largest (): number {
    const inFirst = Math.min(this.limit, SEGMENT_QUANTA) - FIRST
    return Math.max(inFirst, Math.min(this.limit - SEGMENT_QUANTA, SEGMENT_QUANTA))
  }

  sizeOf (start: number): number {
    return this.tags[(start << TAG_BITS) + INFO] >>> SIZE_SHIFT
  }

  stateOf (start: number): number {
    return this.tags[(start << TAG_BITS) + INFO] & State.MASK
  }

  /** The first quantum of the extent before this one, or 0 at the start of a segment. */
  before (start: number): number {
    if ((start & SEGMENT_QUANTA - 1) === 0 || start === FIRST) return 0
    return this.tags[(start - 1 << TAG_BITS) + START]
  }

  /** The first quantum of the extent that begins where another ends, or 0 if a segment ends. */
  from (end: number): number {
    return (end & SEGMENT_QUANTA - 1) === 0 || end === this.limit ? 0 : end
  }

  /** An extent of so many quanta, 1 or more: its first quantum, or 0 if there is none. */
  take (size: number, state: number): number {
    const start = this.find(size)
    if (start === 0) return 0
    const found = this.sizeOf(start)
    this.unlink(start, found)
    if (found > size) this.insert(start + size, found - size)
    this.control[USED] += size
    this.residency.use(start, size)
    this.mark(start, size, state)
    return start
  }

  /**
   * Gives back a whole extent, and answers where the free extent that it is now part of begins.
   * In a window it stays as it is, closed, until the window ends.
   */
  give (start: number): number {
    const size = this.sizeOf(start)
    if (start >= this.control[WINDOW_START] && start < this.control[WINDOW_END]) {
      this.mark(start, size, State.LARGE | CLOSED)
      return start
    }
    if (start + size > this.control[LIMIT]) return this.giveUp(start, size)
    this.control[USED] -= size
    this.residency.idle(start, size)
    return this.join(start, size)
  }

  /** Frees what was beyond the limit until now. */
  raise (limit: number): void {
    for (let start = this.limit; start < limit;) {
      const end = Math.min((start & -SEGMENT_QUANTA) + SEGMENT_QUANTA, limit)
      this.join(start, end - start)
      start = end
    }
    this.control[LIMIT] = limit
  }

  /**
   * Lowers the limit, within a segment. What is free beyond it is given up, the rest leaves as it
   * is given back. Answers where the first extent begins that reached beyond the limit.
   */
  lower (limit: number): number {
    let at = this.limit
    this.control[LIMIT] = limit
    while (at > limit) {
      at = this.tags[(at - 1 << TAG_BITS) + START]
      if (this.stateOf(at) !== State.FREE) continue
      this.unlink(at, this.sizeOf(at))
      this.tags[(at << TAG_BITS) + INFO] = 0
      if (at < limit) this.insert(at, limit - at)
    }
    return at
  }

  /** Whether an extent reaches beyond the limit. Without the lock, a glance. */
  isLeaving (start: number): boolean {
    const at = start << TAG_BITS
    return this.tags[at + START] === start && this.tags[at + INFO] !== 0 &&
      start + this.sizeOf(start) > this.limit
  }

  /**
   * Opens the window: takes its free extents, and closes it to everybody's allocations. There
   * is one window at a time. Whoever opens it takes care of the runs in it.
   */
  open (start: number, end: number): void {
    this.control[WINDOWS]++
    this.control[WINDOW_START] = start
    this.control[WINDOW_END] = end
    for (let at = start, next; at < end; at = next) {
      const size = this.sizeOf(at)
      next = at + size
      if (this.stateOf(at) !== State.FREE) continue
      this.unlink(at, size)
      this.control[USED] += size
      this.residency.use(at, size)
      this.mark(at, size, State.LARGE | CLOSED)
    }
  }

  /** Ends the window: its closed extents are free again. */
  close (): void {
    const start = this.control[WINDOW_START]
    const end = this.control[WINDOW_END]
    this.shut()
    for (let at = start, next; at < end; at = next) {
      next = at + this.sizeOf(at)
      if (this.isClosed(at)) this.give(at)
    }
  }

  /** Ends a window that is wholly closed: its first `size` quanta become one extent. */
  keep (size: number): number {
    const start = this.control[WINDOW_START]
    const end = this.control[WINDOW_END]
    this.shut()
    for (let at = start, next; at < end; at = next) {
      next = at + this.sizeOf(at)
      this.tags[(at << TAG_BITS) + INFO] = 0
    }
    this.mark(start, size, State.LARGE)
    if (start + size < end) {
      this.mark(start + size, end - start - size, State.LARGE)
      this.give(start + size)
    }
    return start
  }

  /** Sleeps until the window of another thread is closed, or half a minute. Without the lock. */
  awaitWindow (): void {
    for (let naps = 0; naps < MOST_NAPS && this.isWindowOpen; naps++) {
      Atomics.wait(this.control, WINDOW_END, this.control[WINDOW_END], NAP_MILLISECONDS)
    }
  }

  /** Whether it is an extent of the window that nobody uses. */
  isClosed (start: number): boolean {
    const info = this.tags[(start << TAG_BITS) + INFO]
    return (info & (State.MASK | CLOSED)) === (State.LARGE | CLOSED)
  }

  /** Whether an extent begins here. Without the lock, a glance. */
  isStart (start: number): boolean {
    const at = start << TAG_BITS
    return start > 0 && start < this.limit && this.tags[at + START] === start &&
      this.tags[at + INFO] !== 0
  }

  /** Whether an extent of so many quanta could be taken. Without the lock, a glance. */
  hasRoom (size: number): boolean {
    return this.find(size) !== 0
  }

  /** Writes the tags of an extent. */
  mark (start: number, size: number, info: number): void {
    const at = start << TAG_BITS
    this.tags[at + INFO] = size << SIZE_SHIFT | info
    this.tags[at + START] = start
    this.tags[at + (size - 1 << TAG_BITS) + START] = start
  }

  /**
   * What is beyond the limit is no extent any more. The rest stays closed until the memory beyond
   * is given up as a whole: whoever looks at what was in the extent must find nothing else there.
   */
  private giveUp (start: number, size: number): number {
    const kept = Math.max(0, this.limit - start)
    this.control[USED] -= size - kept
    this.residency.idle(start + kept, size - kept)
    this.tags[(start << TAG_BITS) + INFO] = 0
    if (kept > 0) this.mark(start, kept, State.LARGE | CLOSED)
    return start
  }

  private shut (): void {
    this.control[WINDOW_START] = 0
    Atomics.store(this.control, WINDOW_END, 0)
    Atomics.notify(this.control, WINDOW_END)
  }

  /** A free extent of `size` quanta or more, or 0. */
  private find (size: number): number {
    // Rounded up to the next list, all of whose extents are large enough.
    const list = listFor(size + (size < SECOND ? 0 : (1 << levelBits(size)) - 1))
    const level = list >>> SECOND_BITS
    if (level < FIRST_LEVELS) {
      const lists = this.control[LISTS + level] & -1 << (list & SECOND - 1)
      if (lists !== 0) return this.head(level, lists)
      const levels = this.control[LEVELS] & -2 << level
      if (levels !== 0) {
        const above = lowestBit(levels)
        return this.head(above, this.control[LISTS + above])
      }
    }
    return this.findInOwnList(size)
  }

  private head (level: number, lists: number): number {
    return this.control[HEADS + (level << SECOND_BITS) + lowestBit(lists)]
  }

  private findInOwnList (size: number): number {
    let start = this.control[HEADS + listFor(size)]
    for (let tries = 0; tries < TRIES && start !== 0; tries++) {
      if (this.sizeOf(start) >= size) return start
      start = this.tags[(start << TAG_BITS) + NEXT]
    }
    return 0
  }

  /** Frees a range together with its free neighbours. */
  private join (start: number, size: number): number {
    const end = start + size
    if ((end & SEGMENT_QUANTA - 1) !== 0 && this.stateOf(end) === State.FREE) {
      const more = this.sizeOf(end)
      this.unlink(end, more)
      this.tags[(end << TAG_BITS) + INFO] = 0
      size += more
    }
    const before = this.before(start)
    if (before !== 0 && this.stateOf(before) === State.FREE) {
      const more = start - before
      this.unlink(before, more)
      this.tags[(start << TAG_BITS) + INFO] = 0
      start = before
      size += more
    }
    this.insert(start, size)
    return start
  }

  private insert (start: number, size: number): void {
    this.mark(start, size, State.FREE)
    const list = listFor(size)
    const level = list >>> SECOND_BITS
    const next = this.control[HEADS + list]
    const at = start << TAG_BITS
    this.tags[at + NEXT] = next
    this.tags[at + PREV] = 0
    if (next !== 0) this.tags[(next << TAG_BITS) + PREV] = start
    this.control[HEADS + list] = start
    this.control[LISTS + level] |= 1 << (list & SECOND - 1)
    this.control[LEVELS] |= 1 << level
  }

  private unlink (start: number, size: number): void {
    const at = start << TAG_BITS
    const next = this.tags[at + NEXT]
    const prev = this.tags[at + PREV]
    if (next !== 0) this.tags[(next << TAG_BITS) + PREV] = prev
    if (prev !== 0) {
      this.tags[(prev << TAG_BITS) + NEXT] = next
      return
    }
    const list = listFor(size)
    const level = list >>> SECOND_BITS
    this.control[HEADS + list] = next
    if (next !== 0) return
    this.control[LISTS + level] &= ~(1 << (list & SECOND - 1))
    if (this.control[LISTS + level] === 0) this.control[LEVELS] &= ~(1 << level)
  }
}

/** The list for a size: the first level counts doublings, the second divides each by 16. */
function listFor (size: number): number {
  if (size < SECOND) return size
  const bits = levelBits(size)
  return (bits + 1 << SECOND_BITS) + (size >>> bits) - SECOND
}

/** log2 of the step between two lists of a doubling. */
function levelBits (size: number): number {
  return 31 - SECOND_BITS - Math.clz32(size)
}

function lowestBit (bits: number): number {
  return 31 - Math.clz32(bits & -bits)
}
