import type { Host } from '@memplug/engine'
import { ChunkState, Rescue, type Evictor } from './allocator.js'
import type { Arena } from './arena.js'
import { ClassCount, type Counters } from './counters.js'
import { Meta, Word } from './header.js'
import { Losses } from './losses.js'
import { Segment, SEGMENT_BITS } from './lru.js'
import type { Ref } from './memory.js'
import { Segments } from './segments.js'
import { Sieve, type Policy } from './sieve.js'
import { Walks } from './walks.js'

const { HASH, EXPIRES, USED, META, HOLDS } = Word
const { LINKED } = Meta
const { CRAWLER_CHECKED, EVICTED, OUT_OF_MEMORY } = ClassCount
/** Items the crawler looks at under one taking of a list's lock: each may cost a microsecond. */
const BATCH = 16
/** Items it looks at, at most, when somebody waits for room. */
const BUDGET = 4096
/** The same in the ten seconds after a pass that found less than one in 128. */
const POOR_BUDGET = 8
const POOR_YIELD = 128
const REST_SECONDS = 10
/** What has expired is looked for after so long, if nobody needs its room before. */
const LINGER_SECONDS = 1

/**
 * Frees items: those that have expired or were flushed first, then those that a policy chooses:
 * the segmented LRU where each class has lists of its own, else SIEVE.
 */
export class Eviction implements Evictor {
  readonly evictions: boolean
  private readonly arena: Arena
  private readonly host: Host
  private readonly counters: Counters
  /** Items that the last crawl looked at. */
  private seen = 0
  private readonly losses: Losses
  private readonly walks: Walks
  private readonly policy: Policy
  /** log2 of the lists of a group. */
  private readonly listBits: number
  /** The maintainer of segmented lists. */
  readonly segments: Segments | undefined

  constructor (arena: Arena, host: Host) {
    this.arena = arena
    this.host = host
    this.evictions = host.settings.evictions
    this.counters = arena.counters
    this.losses = new Losses(arena, host)
    this.walks = new Walks(host, arena.listPerClass)
    this.listBits = arena.listPerClass ? SEGMENT_BITS : 0
    this.segments = arena.listPerClass ? new Segments(arena, this.losses) : undefined
    this.policy = this.segments ?? new Sieve(arena, this.losses)
  }

  lock (): void {
    this.arena.locks.lockAllocator()
  }

  unlock (): void {
    this.arena.locks.unlockAllocator()
  }

  countUses (sizeClass: number): number {
    return this.counters.sumUses(sizeClass)
  }

  countEvicted (sizeClass: number): number {
    return this.counters.ofClass(sizeClass, EVICTED)
  }

  countRefused (sizeClass: number): number {
    return this.counters.ofClass(sizeClass, OUT_OF_MEMORY)
  }

  countItems (group: number): number {
    const first = group << this.listBits
    let items = 0
    for (let i = 0; i < 1 << this.listBits; i++) items += this.arena.lists.countItems(first + i)
    return items
  }

  ageOf (group: number): number {
    return this.ageIn(this.segments === undefined ? group : group << SEGMENT_BITS | Segment.COLD)
  }

  /** Seconds since the oldest item of a list was used; 0 in an empty list. */
  ageIn (list: number): number {
    const { arena } = this
    const now = this.host.now()
    arena.locks.lockList(list)
    const ref = arena.lists.hand(list)
    const used = ref === 0 ? now : arena.wordsOf(ref)[arena.indexOf(ref) + USED]
    arena.locks.unlockList(list)
    return now - used
  }

  stateOf (ref: Ref): ChunkState {
    const words = this.arena.wordsOf(ref)
    const at = this.arena.indexOf(ref)
    const holds = words[at + HOLDS]
    if (holds === 0) return ChunkState.FREE
    return holds === 1 && (words[at + META] & LINKED) !== 0
      ? ChunkState.EVICTABLE
      : ChunkState.HELD
  }

  evictFrom (group: number): boolean {
    const now = this.host.now()
    const first = group << this.listBits
    for (let i = 0; i < 1 << this.listBits; i++) if (this.reclaim(first + i, now)) return true
    return this.evictions && this.policy.evict(group, now)
  }

  /** Frees what has expired where the next item of a class would be evicted. */
  reclaimTail (sizeClass: number): void {
    this.segments?.reclaimTail(sizeClass, this.host.now())
  }

  evictItem (ref: Ref): boolean {
    if (this.stateOf(ref) !== ChunkState.EVICTABLE) return false
    const { arena } = this
    const now = this.host.now()
    const words = arena.wordsOf(ref)
    const at = arena.indexOf(ref)
    const hash = words[at + HASH]
    arena.locks.lockBucket(hash)
    // Between the glance and the lock the chunk may have become another item's.
    const evictable = words[at + HASH] === hash && (words[at + META] & LINKED) !== 0 &&
      arena.isUnheld(words, at) && arena.table.has(hash, ref) &&
      (this.evictions || arena.isGone(words, at, now))
    if (evictable) {
      const sizeClass = arena.allocator.classOf(ref)
      const list = arena.listOf(sizeClass, words[at + META])
      arena.unlink(ref)
      arena.locks.lockList(list)
      this.losses.noteVictim(sizeClass, words, at, now)
      arena.locks.unlockList(list)
    }
    arena.locks.unlockBucket(hash)
    if (evictable) arena.drop(ref)
    return evictable
  }

  rescue (from: Ref, to: Ref): Rescue {
    const { arena } = this
    const words = arena.wordsOf(from)
    const at = arena.indexOf(from)
    const hash = words[at + HASH]
    if (!arena.locks.tryLockBucket(hash)) return Rescue.LOCKED
    let rescue: Rescue = Rescue.MOVED
    // As in evictItem: by now it may be another's.
    if (words[at + HASH] !== hash || (words[at + META] & LINKED) === 0 ||
      !arena.table.has(hash, from)) {
      rescue = Rescue.UNLINKED
    } else if (arena.isGone(words, at, this.host.now())) {
      rescue = Rescue.GONE
      this.removeGone(from, words, at)
    } else if (to === 0) {
      rescue = Rescue.NO_ROOM
    } else {
      arena.relocate(from, to)
    }
    arena.locks.unlockBucket(hash)
    if (rescue === Rescue.MOVED || rescue === Rescue.GONE) arena.drop(from)
    return rescue
  }

  /** Locked; then drop it. */
  private removeGone (ref: Ref, words: Int32Array, at: number): void {
    const { arena } = this
    const sizeClass = arena.allocator.classOf(ref)
    const list = arena.listOf(sizeClass, words[at + META])
    arena.unlink(ref)
    arena.locks.lockList(list)
    this.losses.noteReclaimed(sizeClass, words, at, true)
    arena.locks.unlockList(list)
  }

  /**
   * Looks for one expired or flushed item of a list, at not too many, and frees it. What it
   * has looked at, it does not look at again before it has seen the whole list.
   */
  private reclaim (list: number, now: number): boolean {
    const { lists } = this.arena
    if (lists.soonest(list) > now) return false
    let budget = now < lists.restUntil(list) ? POOR_BUDGET : BUDGET
    // Without evictions there is nothing else to hope for.
    if (!this.evictions) budget = lists.countItems(list) + 1
    while (budget > 0 && lists.soonest(list) <= now) {
      if (this.crawl(list, now, Math.min(budget, BATCH), true) !== 0) return true
      budget -= BATCH
    }
    return false
  }

  /**
   * Frees expired and flushed items of all lists that have had one for a while, for so many
   * milliseconds at most. Answers how many walks over a list it has begun.
   */
  sweep (milliseconds: number): number {
    const { lists } = this.arena
    const now = this.host.now()
    const end = performance.now() + milliseconds
    let begun = 0
    for (let list = 0; list < lists.count; list++) {
      while (lists.soonest(list) <= now - LINGER_SECONDS && now >= lists.restUntil(list)) {
        if (performance.now() >= end) return begun
        if (lists.crawler(list) === 0) begun++
        this.crawl(list, now, BATCH, false)
      }
    }
    return begun
  }

  /** Looks at some items of a list, no more than `most`; answers at how many. */
  crawlList (list: number, now: number, most: number): number {
    this.crawl(list, now, Math.min(most, BATCH), false)
    return this.seen
  }

  /** Looks at so many items, or until the first that is freed; tells how many are. */
  private crawl (list: number, now: number, steps: number, forRoom: boolean): number {
    const { arena } = this
    const { lists } = arena
    let seen = 0
    let freed = 0
    arena.locks.lockList(list)
    let ref = lists.crawler(list)
    if (ref === 0) {
      ref = lists.startPass(list)
      this.walks.begin(list, now)
    }
    while (ref !== 0 && seen < steps && !(forRoom && freed === 1)) {
      const newer = lists.newer(ref)
      if (this.collect(list, ref, now, forRoom)) freed++
      seen++
      ref = newer
    }
    lists.setCrawler(list, ref)
    lists.notePass(list, seen, freed)
    this.seen = seen
    this.counters.add(list, CRAWLER_CHECKED, seen)
    if (ref === 0) {
      lists.endPass(list, POOR_YIELD, now + REST_SECONDS)
      this.walks.end(list, now, lists.passSeen(list), lists.passFound(list),
        Math.max(0, lists.restUntil(list) - now))
    }
    arena.locks.unlockList(list)
    return freed
  }

  /** Frees the item if it is gone and its bucket is free to lock. Under the list's lock. */
  private collect (list: number, ref: Ref, now: number, forRoom: boolean): boolean {
    const { arena } = this
    const words = arena.wordsOf(ref)
    const at = arena.indexOf(ref)
    if (!arena.isGone(words, at, now)) {
      const expires = words[at + EXPIRES]
      if (expires !== 0) arena.lists.expect(list, expires)
      return false
    }
    const hash = words[at + HASH]
    if (!arena.locks.tryLockBucket(hash)) {
      arena.lists.expect(list, now)
      return false
    }
    // It may have been touched before the bucket was locked.
    const gone = arena.isGone(words, at, now)
    if (gone) {
      const sizeClass = arena.allocator.classOf(ref)
      arena.unlinkFrom(list, ref, sizeClass)
      this.losses.noteReclaimed(sizeClass, words, at, forRoom)
    } else {
      arena.lists.expect(list, now)
    }
    arena.locks.unlockBucket(hash)
    if (gone) arena.drop(ref)
    return gone
  }
}
