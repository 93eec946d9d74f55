import type { Arena } from './arena.js'
import { ClassCount } from './counters.js'
import { Meta, Word } from './header.js'
import type { Losses } from './losses.js'
import { Segment, SEGMENT_BITS } from './lru.js'
import type { Ref } from './memory.js'
import type { Policy } from './sieve.js'

const { HASH, USED, META } = Word
const { VISITED } = Meta
const { BYTES, PASSED_BY, MOVES_TO_COLD, MOVES_TO_WARM, MOVES_WITHIN_LRU } = ClassCount
const { HOT, WARM, COLD, TEMP } = Segment

/** Items at a list's end that are looked at under one taking of its lock: memcached's number. */
const TRIES = 5
/** Active items in COLD that one eviction spares, at most. */
const MOST_SPARED = 50
/** Attempts at one eviction. */
const MOST_ATTEMPTS = MOST_SPARED + 20
/** Items that an eviction moves out of HOT and of WARM, where they are too many. */
const MOVES = 2
/** Items of a class that the maintainer moves in one go: memcached's number. */
const MOST_JUGGLED = 500
/** Between how many of them it looks at the clock. */
const CLOCK_MASK = 15

/** Where evictions look for an item when there is none in COLD. */
const LAST_RESORTS = [COLD, HOT, WARM, TEMP]

/** Since always. */
const EVER = -0x80000000

/** What pull() came to. */
const NOTHING = 0
const MOVED = 1
const FREED = 2
type Pulled = typeof NOTHING | typeof MOVED | typeof FREED

/** What pull() is to do with the oldest item: no more than belongs to its list, or evict it. */
const KEEP = 0
const SPARE_ACTIVE = 1
const EVICT = 2

/**
 * memcached's segmented LRU. Items of a class come to HOT and leave it at its other end: those
 * that were used twice, and are active so, to WARM, the others to COLD, from where items are
 * evicted. An item in COLD that is active goes back to WARM when it is the oldest. A get only
 * sets bits in the item; lists are put in order by the stores that evict, and by thread 0 at
 * leisure (juggle).
 *
 * In a flat LRU all are in COLD, in the order of their use; the arena moves them as they are
 * used.
 */
export class Segments implements Policy {
  private readonly arena: Arena
  private readonly losses: Losses
  private readonly classes: number
  /**
   * Bytes that HOT and WARM of a class may have: numbers for pull() that are given as arguments
   * would be garbage.
   */
  private readonly limits = new Float64Array(2)
  /** The class that juggle goes on with. */
  private next = 0

  constructor (arena: Arena, losses: Losses) {
    this.arena = arena
    this.losses = losses
    this.classes = arena.allocator.classes
  }

  evict (sizeClass: number, now: number): boolean {
    const { lru } = this.arena
    const { segmented } = lru
    if (segmented) this.trim(sizeClass, now)
    this.limits.fill(0)
    let spared = segmented ? 0 : MOST_SPARED
    for (let i = 0; i < MOST_ATTEMPTS; i++) {
      const mode = spared < MOST_SPARED ? SPARE_ACTIVE : EVICT
      const pulled = this.pull(sizeClass, COLD, EVER, mode, now)
      if (pulled === FREED) return true
      if (pulled === MOVED) spared++
      else if (this.pull(sizeClass, HOT, EVER, KEEP, now) === NOTHING &&
        this.pull(sizeClass, WARM, EVER, KEEP, now) === NOTHING) break
    }
    return this.evictAny(sizeClass, now)
  }

  /** Reclaims what has expired at the end of the lists that items come to. */
  reclaimTail (sizeClass: number, now: number): void {
    for (let i = 0; i < TRIES; i++) {
      if (this.pull(sizeClass, COLD, EVER, KEEP, now) !== FREED) return
    }
  }

  /** Puts all classes in order until that time; true if there is more to do. */
  juggle (now: number, end: number): boolean {
    for (let i = 0; i < this.classes; i++) {
      const moved = this.juggleClass(this.next, now, end)
      if (moved < 0) return true
      this.next = this.next + 1 < this.classes ? this.next + 1 : 0
    }
    return false
  }

  /** How many it moved or freed; -1 if time ran out. */
  private juggleClass (sizeClass: number, now: number, end: number): number {
    const { lists, lru } = this.arena
    const base = sizeClass << SEGMENT_BITS
    if (lists.countItems(base + HOT) + lists.countItems(base + WARM) +
      lists.countItems(base + COLD) + lists.countItems(base + TEMP) === 0) return 0
    const { segmented } = lru
    this.setLimits(sizeClass, segmented)
    const coldAge = segmented ? this.ageOf(base + COLD, now) : 0
    const hotSince = now - Math.floor(coldAge * lru.hotFactor)
    const warmSince = now - Math.floor(coldAge * lru.warmFactor)
    let moved = 0
    for (; moved < MOST_JUGGLED; moved++) {
      if ((moved & CLOCK_MASK) === 0 && performance.now() >= end) return -1
      const temp = this.pull(sizeClass, TEMP, EVER, KEEP, now)
      const hot = this.pull(sizeClass, HOT, hotSince, KEEP, now)
      const warm = hot !== NOTHING ? NOTHING
        : this.pull(sizeClass, WARM, warmSince, KEEP, now)
      const cold = this.pull(sizeClass, COLD, EVER, KEEP, now)
      if (temp + hot + warm + cold === 0) break
    }
    return moved
  }

  /** Seconds since the oldest item of a list was used. */
  ageOf (list: number, now: number): number {
    const { arena } = this
    arena.locks.lockList(list)
    const ref = arena.lists.tail(list)
    const used = ref === 0 ? now : arena.wordsOf(ref)[arena.indexOf(ref) + USED]
    arena.locks.unlockList(list)
    return now - used
  }

  /** An eviction's share of the maintainer's work. */
  private trim (sizeClass: number, now: number): void {
    const { counters } = this.arena
    const { limits } = this
    const base = sizeClass << SEGMENT_BITS
    this.setLimits(sizeClass, true)
    for (let i = 0; i < MOVES && counters.ofRow(base + HOT, BYTES) > limits[HOT]; i++) {
      this.pull(sizeClass, HOT, EVER, KEEP, now)
    }
    for (let i = 0; i < MOVES && counters.ofRow(base + WARM, BYTES) > limits[WARM]; i++) {
      this.pull(sizeClass, WARM, EVER, KEEP, now)
    }
  }

  /** Percents of the bytes of all but TEMP; 0 in a flat LRU. */
  private setLimits (sizeClass: number, segmented: boolean): void {
    const { counters, lru } = this.arena
    const base = sizeClass << SEGMENT_BITS
    const total = counters.ofRow(base + HOT, BYTES) + counters.ofRow(base + WARM, BYTES) +
      counters.ofRow(base + COLD, BYTES)
    this.limits[HOT] = segmented ? total * lru.hotPercent / 100 : 0
    this.limits[WARM] = segmented ? total * lru.warmPercent / 100 : 0
  }

  /** Nothing could be evicted from COLD: from whatever list there is an item that is not held. */
  private evictAny (sizeClass: number, now: number): boolean {
    const { lists } = this.arena
    const base = sizeClass << SEGMENT_BITS
    for (const segment of LAST_RESORTS) {
      if (this.evictUnheld(base + segment, sizeClass, lists.countItems(base + segment), now)) {
        return true
      }
    }
    return false
  }

  /** Evicts the oldest item of a list that nobody holds. */
  private evictUnheld (list: number, sizeClass: number, most: number, now: number): boolean {
    const { arena } = this
    arena.locks.lockList(list)
    let victim = 0
    let ref = arena.lists.tail(list)
    for (let i = 0; i < most && ref !== 0 && victim === 0; i++) {
      const older = ref
      const words = arena.wordsOf(older)
      const at = arena.indexOf(older)
      const hash = words[at + HASH]
      ref = arena.lists.newer(older)
      if (!arena.locks.tryLockBucket(hash)) continue
      if (arena.isUnheld(words, at)) {
        victim = older
        this.takeVictim(victim, words, at, list, sizeClass, now)
      }
      arena.locks.unlockBucket(hash)
    }
    arena.locks.unlockList(list)
    if (victim !== 0) arena.drop(victim)
    return victim !== 0
  }

  /**
   * Deals with the oldest item of a list that nobody is at work on: it is freed if it is gone,
   * evicted, or moved where it belongs. It leaves HOT and WARM if they have more bytes than
   * `limits` says, or if it was not used since then.
   */
  private pull (
    sizeClass: number, segment: Segment, since: number, mode: number, now: number
  ): Pulled {
    const { arena } = this
    const list = sizeClass << SEGMENT_BITS | segment
    if (arena.lists.tail(list) === 0) return NOTHING
    let pulled: Pulled = NOTHING
    arena.locks.lockList(list)
    let ref = arena.lists.tail(list)
    for (let tries = TRIES; tries > 0 && ref !== 0; tries--) {
      const words = arena.wordsOf(ref)
      const at = arena.indexOf(ref)
      const hash = words[at + HASH]
      if (!arena.locks.tryLockBucket(hash)) {
        ref = arena.lists.newer(ref)
        continue
      }
      const held = !arena.isUnheld(words, at)
      if (arena.isGone(words, at, now)) {
        arena.unlinkFrom(list, ref, sizeClass)
        this.losses.noteReclaimed(sizeClass, words, at, true)
        pulled = FREED
      } else if (mode !== KEEP && !(mode === SPARE_ACTIVE && this.isActive(words, at))) {
        if (held) {
          arena.counters.add(list, PASSED_BY, 1)
          arena.locks.unlockBucket(hash)
          ref = arena.lists.newer(ref)
          continue
        }
        this.takeVictim(ref, words, at, list, sizeClass, now)
        pulled = FREED
      } else {
        const target = this.targetOf(list, segment, words, at, since)
        if (target >= 0) {
          this.move(ref, words, at, list, sizeClass, target)
          // Its list is unlocked by now.
          arena.locks.unlockBucket(hash)
          return MOVED
        }
      }
      arena.locks.unlockBucket(hash)
      break
    }
    arena.locks.unlockList(list)
    if (pulled === FREED) arena.drop(ref)
    return pulled
  }

  private isActive (words: Int32Array, at: number): boolean {
    return (words[at + META] & VISITED) !== 0
  }

  /** Where the oldest item of a list is to go; -1 if it stays. Under the list's lock. */
  private targetOf (
    list: number, segment: Segment, words: Int32Array, at: number, since: number
  ): number {
    const active = this.isActive(words, at)
    if (segment === TEMP) return -1
    if (segment === COLD) return active && this.arena.lru.segmented ? WARM : -1
    if (active) return WARM
    const tooMany = this.arena.counters.ofRow(list, BYTES) > this.limits[segment]
    return tooMany || words[at + USED] < since ? COLD : -1
  }

  /** Under the locks of the bucket and of the list; gives the list's back. */
  private move (
    ref: Ref, words: Int32Array, at: number, list: number, sizeClass: number, target: number
  ): void {
    const { arena } = this
    const to = sizeClass << SEGMENT_BITS | target
    const count = target === COLD ? MOVES_TO_COLD : to === list ? MOVES_WITHIN_LRU : MOVES_TO_WARM
    arena.counters.add(list, count, 1)
    words[at + META] = words[at + META] & ~VISITED
    arena.moveTo(ref, words, at, list, to)
  }

  private takeVictim (
    victim: Ref, words: Int32Array, at: number, list: number, sizeClass: number, now: number
  ): void {
    const { arena } = this
    arena.unlinkFrom(list, victim, sizeClass)
    this.losses.noteVictim(sizeClass, words, at, now)
    arena.ghosts.add(words[at + HASH])
  }
}
