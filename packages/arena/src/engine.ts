import {
  API_VERSION, Get, Remove, State, Status, type AddStat, type Administered, type Answer,
  type Engine, type EngineInfo, type Foreseeing, type Host, type Inspected, type Op, type Scanner
} from '@memplug/engine'
import type { Allocator, AllocatorParts } from './allocator.js'
import { Arena } from './arena.js'
import { Counting } from './arithmetic.js'
import { ThreadCount } from './counters.js'
import { Crawler } from './crawler.js'
import { Eviction } from './eviction.js'
import { Flushing } from './flushing.js'
import { Foresight } from './foresight.js'
import { itemSize, Meta, Word } from './header.js'
import { DEFAULT_LRU, SEGMENT_BITS, type LruSettings } from './lru.js'
import { obeyLru } from './lru-command.js'
import { Memory, type Ref } from './memory.js'
import { obeyWishes } from './memory-wishes.js'
import { Scanning } from './scanning.js'
import { limitMemory } from './memory-limit.js'
import { countPages, countReserve, reserveArena, type SharedArena } from './shared.js'
import { Statistics } from './statistics.js'
import { Storing } from './storing.js'
import { tell } from './tell.js'
import { Upkeep } from './upkeep.js'

const { EXPIRES, FLAGS, USED, META, SIZE } = Word
const { KEY_LENGTH, FETCHED, STALE, CLAIMED, VISITED, SEGMENT_SHIFT } = Meta
const { PEEK, TOUCH, VIVIFY, RECACHE, UNCOUNTED } = Get
const { CLAIMED: TOLD_CLAIMED, WON } = State
const { SUCCESS, NOT_FOUND, EXISTS, TOO_LARGE, NO_MEMORY } = Status
const { GET_HITS, TOUCH_HITS, DELETE_HITS, WORDS: COUNTS } = ThreadCount
const SEEN = FETCHED | VISITED
const SEGMENT_MASK = (1 << SEGMENT_BITS) - 1

/** What an arena engine's threads share. */
interface Shared {
  readonly arena: SharedArena
  readonly allocator: unknown
}

/**
 * An engine that keeps its items in shared memory: everything but how the memory is divided,
 * which is its allocator's affair.
 */
export abstract class ArenaEngine
implements Engine, Foreseeing, Scanner, Inspected, Administered {
  protected abstract readonly info: Omit<EngineInfo, 'apiVersion' | 'features'>
  private arena!: Arena
  private eviction!: Eviction
  private flushing!: Flushing
  private storing!: Storing
  private counting!: Counting
  private scanning!: Scanning
  private crawler!: Crawler
  private foresight!: Foresight
  private statistics!: Statistics
  private host!: Host
  private maxKeySize = 0
  private largest = 0
  /** Without the maintainer: each store frees what has expired at the end of its list. */
  private reclaimsFirst = false
  private upkeep: Upkeep | undefined

  /** Whether its allocator can be given more memory later; that must be reserved at start. */
  protected readonly canGrow: boolean = false

  /** On thread 0, first: what the allocators of all threads will share. May throw. */
  protected abstract reserveAllocator (host: Host, memory: Memory): unknown

  /** How the LRU lists are kept, where each class has its own. May throw. */
  protected readLru (_host: Host): LruSettings {
    return DEFAULT_LRU
  }

  /** This thread's allocator. May throw. */
  protected abstract openAllocator (parts: AllocatorParts): Allocator

  getInfo (): EngineInfo {
    return {
      apiVersion: API_VERSION,
      ...this.info,
      features: ['cas', 'lru', 'shared', 'meta', 'scan', 'admin', 'foresight', 'restart']
    }
  }

  initialize (host: Host): Status {
    this.host = host
    const fresh = host.shared === undefined || host.shared === null
    const given = fresh ? undefined : host.shared as Shared
    const sharedMemory = given?.arena.memory ??
      Memory.reserve(this.canGrow ? countReserve(host) : countPages(host))
    const memory = new Memory(sharedMemory)
    if (fresh) obeyWishes(memory, host)
    const allocatorShared = given ? given.allocator : this.reserveAllocator(host, memory)
    const allocator = this.openAllocator({ memory, host, shared: allocatorShared, fresh })
    const arenaShared = given?.arena ??
      reserveArena(host, sharedMemory, allocator, this.readLru(host))
    if (fresh) host.shared = { arena: arenaShared, allocator: allocatorShared } satisfies Shared
    this.open(host, new Arena(host, arenaShared, memory, allocator), arenaShared.crawler)
    return SUCCESS
  }

  private open (host: Host, arena: Arena, crawler: SharedArrayBuffer): void {
    const { allocator } = arena
    this.arena = arena
    this.maxKeySize = host.settings.maxKeySize
    this.largest = Math.min(host.settings.maxItemSize, allocator.largest)
    this.eviction = new Eviction(arena, host)
    this.flushing = new Flushing(arena)
    this.storing = new Storing(arena, host, this.largest)
    this.counting = new Counting(arena, host)
    this.foresight = new Foresight(arena.table, arena.hasher, arena.memory)
    this.scanning = new Scanning(arena, host)
    this.crawler = new Crawler(crawler, arena, this.eviction, host)
    this.statistics = new Statistics(arena, this.eviction, this.crawler)
    arena.makeRoom = bytes => allocator.makeRoom(bytes, this.eviction)
    this.reclaimsFirst = allocator.listPerClass && !arena.lru.maintained
    const ended = arena.releaseAll()
    if (ended > 0) host.log('info', `ended ${ended} holds of thread ${host.thread}, which died`)
    if (host.thread === 0) {
      this.upkeep = new Upkeep(this.eviction, arena, host, this.crawler, this.flushing)
    }
  }

  destroy (): Status {
    this.upkeep?.stop()
    this.flushing.stop()
    if (this.host.thread === 0) this.host.shared = undefined
    return SUCCESS
  }

  inspect (thread: number, cause: string): void {
    this.arena.locks.inspect(thread, cause)
  }

  getStats (group: string, add: AddStat): Status {
    return this.statistics.tell(group, add)
  }

  testCapacity (keyLength: number, valueLength: number): Status {
    return keyLength <= this.maxKeySize && valueLength >= 0 &&
      itemSize(keyLength, valueLength) <= this.largest
      ? SUCCESS : TOO_LARGE
  }

  allocate (op: Op): Status {
    const { arena } = this
    const length = op.keyEnd - op.keyStart
    if (this.testCapacity(length, op.size) !== SUCCESS) return TOO_LARGE
    if (this.reclaimsFirst) {
      this.eviction.reclaimTail(arena.allocator.classFor(itemSize(length, op.size)))
    }
    const { foresight } = this
    const hash = foresight.hash(op.key, op.keyStart, op.keyEnd)
    const { keyAt } = foresight
    const ref = arena.make(hash, arena.hasher.words, keyAt, length, op.size, op.flags, op.expires)
    if (ref === 0) return NO_MEMORY
    tell(op, ref, arena.wordsOf(ref), arena.indexOf(ref), arena.bytesOf(ref))
    return SUCCESS
  }

  release (op: Op): void {
    this.arena.release(op.item as Ref)
  }

  store (op: Op): Status {
    return this.storing.run(op)
  }

  get (op: Op): Status {
    const { arena } = this
    const now = this.host.now()
    const { foresight } = this
    const hash = foresight.hash(op.key, op.keyStart, op.keyEnd)
    const { keyAt } = foresight
    arena.locks.lockBucket(hash)
    const ref = arena.find(hash, arena.hasher.words, keyAt, op.keyEnd - op.keyStart, now)
    if (ref === 0) {
      arena.locks.unlockBucket(hash)
      return (op.mode & VIVIFY) !== 0 ? this.vivify(op, hash, keyAt, now) : NOT_FOUND
    }
    if (op.mode === 0) this.hit(op, ref, now)
    else this.hitWith(op, ref, now)
    arena.locks.unlockBucket(hash)
    return SUCCESS
  }

  touch (op: Op): Status {
    const { arena } = this
    const now = this.host.now()
    const hash = arena.hasher.hash(op.key, op.keyStart, op.keyEnd)
    arena.locks.lockBucket(hash)
    const ref = arena.find(hash, arena.hasher.words, 0, op.keyEnd - op.keyStart, now)
    if (ref !== 0) this.hitWith(op, ref, now, TOUCH)
    arena.locks.unlockBucket(hash)
    return ref === 0 ? NOT_FOUND : SUCCESS
  }

  remove (op: Op): Status {
    const { arena } = this
    const now = this.host.now()
    const hash = arena.hasher.hash(op.key, op.keyStart, op.keyEnd)
    const length = op.keyEnd - op.keyStart
    let tombstone = 0
    if ((op.mode & Remove.EMPTY) !== 0) {
      tombstone = arena.make(hash, arena.hasher.words, 0, length, 0, 0, 0)
    }
    arena.locks.lockBucket(hash)
    const ref = arena.find(hash, arena.hasher.words, 0, length, now)
    let status: Status = SUCCESS
    if (ref === 0) status = NOT_FOUND
    else if (op.compare && !arena.casMatches(op, arena.wordsOf(ref), arena.indexOf(ref))) {
      status = EXISTS
    } else {
      this.count(ref, DELETE_HITS)
      if (op.mode === 0) arena.unlink(ref)
      else this.deface(op, ref, tombstone, now)
    }
    arena.locks.unlockBucket(hash)
    const linked = status === SUCCESS
    if (linked && (op.mode === 0 || tombstone !== 0)) arena.drop(ref)
    if (tombstone !== 0) arena.release(tombstone)
    return status
  }

  arithmetic (op: Op): Status {
    return this.counting.run(op)
  }

  flush (): Answer {
    return this.flushing.flush()
  }

  foresee (
    key: Buffer, starts: Int32Array, ends: Int32Array, count: number, stored: number
  ): void {
    this.foresight.look(key, starts, ends, count, stored)
  }

  scan (op: Op, cursor: number): number {
    return this.scanning.run(op, cursor)
  }

  administer (words: readonly string[], tell: (line: string) => void): Status {
    const { allocator, lru } = this.arena
    switch (words[0]) {
      case 'cache_memlimit': return limitMemory(words, allocator, this.eviction, tell)
      case 'lru_crawler': tell(this.crawler.obey(words)); break
      case 'lru':
        if (!allocator.listPerClass) return NOT_FOUND
        tell(obeyLru(words, lru))
        break
      default: return NOT_FOUND
    }
    return SUCCESS
  }

  /** Tells and holds the item of a plain get. Under the bucket's lock. */
  private hit (op: Op, ref: Ref, now: number): void {
    const { arena } = this
    const words = arena.wordsOf(ref)
    const at = arena.indexOf(ref)
    arena.hold(ref)
    tell(op, ref, words, at, arena.bytesOf(ref))
    const meta = words[at + META]
    if ((meta & SEEN) !== SEEN) words[at + META] = arena.seen(meta)
    if (words[at + USED] !== now) arena.use(ref, words, at, now)
    this.count(ref, GET_HITS + (meta >>> SEGMENT_SHIFT & SEGMENT_MASK))
  }

  /** The same as op.mode says. */
  private hitWith (op: Op, ref: Ref, now: number, mode = op.mode): void {
    const { arena } = this
    const words = arena.wordsOf(ref)
    const at = arena.indexOf(ref)
    arena.hold(ref)
    if ((mode & TOUCH) !== 0) arena.touch(ref, words, at, op.expires)
    tell(op, ref, words, at, arena.bytesOf(ref))
    let meta = words[at + META]
    if ((mode & RECACHE) !== 0 && this.wins(op, words, at, meta)) {
      meta |= CLAIMED
      op.itemState |= TOLD_CLAIMED | WON
    }
    if ((mode & PEEK) === 0) {
      meta = arena.seen(meta)
      if (words[at + USED] !== now) arena.use(ref, words, at, now)
    } else {
      op.itemClass = arena.allocator.classOf(ref) + 1
      op.itemSize = itemSize(meta & KEY_LENGTH, words[at + SIZE])
    }
    words[at + META] = meta
    if ((mode & UNCOUNTED) !== 0) return
    this.count(ref, (mode & TOUCH) !== 0
      ? TOUCH_HITS : GET_HITS + (meta >>> SEGMENT_SHIFT & SEGMENT_MASK))
  }

  /** A stale item is to be made anew as one that is soon to expire. */
  private wins (op: Op, words: Int32Array, at: number, meta: number): boolean {
    if ((meta & CLAIMED) !== 0) return false
    const expires = words[at + EXPIRES]
    return (meta & STALE) !== 0 || op.recache < 0 || (expires !== 0 && expires < op.recache)
  }

  /** Makes an empty item of a key that was missed, unless another thread has stored one. */
  private vivify (op: Op, hash: number, keyAt: number, now: number): Status {
    const { arena } = this
    const length = op.keyEnd - op.keyStart
    const fresh = arena.make(hash, arena.hasher.words, keyAt, length, 0, 0, op.createExpires)
    if (fresh === 0) return NO_MEMORY
    const words = arena.wordsOf(fresh)
    const at = arena.indexOf(fresh)
    arena.locks.lockBucket(hash)
    const ref = arena.find(hash, arena.hasher.words, keyAt, length, now)
    if (ref !== 0) {
      this.hitWith(op, ref, now)
    } else {
      arena.stamp(op, words, at)
      arena.link(fresh, now, CLAIMED)
      tell(op, fresh, words, at, arena.bytesOf(fresh))
      op.itemState |= WON
      if ((op.mode & PEEK) === 0) words[at + META] = words[at + META] | FETCHED
    }
    arena.locks.unlockBucket(hash)
    if (ref !== 0) arena.release(fresh)
    else arena.grow()
    return SUCCESS
  }

  /** Leaves the item, stale or empty. Under the bucket's lock. */
  private deface (op: Op, old: Ref, tombstone: Ref, now: number): void {
    const { arena } = this
    let words = arena.wordsOf(old)
    let at = arena.indexOf(old)
    let ref = old
    const kept = FETCHED | STALE | CLAIMED
    let state = (op.mode & Remove.EMPTY) !== 0 ? 0 : words[at + META] & kept
    let expires = words[at + EXPIRES]
    if ((op.mode & Remove.STALE) !== 0) state = (state | STALE) & ~CLAIMED
    if ((op.mode & Remove.EMPTY) !== 0) {
      expires = 0
      if (tombstone === 0) arena.empty(old, words, at)
      else {
        ref = tombstone
        arena.replace(old, ref, now, state)
        words = arena.wordsOf(ref)
        at = arena.indexOf(ref)
      }
      words[at + FLAGS] = 0
    }
    if ((op.mode & Remove.TOUCH) !== 0) expires = op.expires
    words[at + META] = (words[at + META] & ~kept) | state
    arena.stamp(op, words, at)
    arena.touch(ref, words, at, expires)
  }

  private count (ref: Ref, count: number): void {
    const { counters, allocator } = this.arena
    const index = allocator.classOf(ref) * COUNTS + count
    counters.mine[index] = counters.mine[index] + 1
  }
}
