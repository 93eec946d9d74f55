import { Status, Store, u64, type Host, type Op } from '@memplug/engine'
import type { Arena } from './arena.js'
import { ClassCount, ThreadCount } from './counters.js'
import { HEADER_SIZE, itemSize, Meta, Word } from './header.js'
import type { Ref } from './memory.js'
import { tell } from './tell.js'

const { HASH, CAS_LOW, CAS_HIGH, EXPIRES, FLAGS, META, SIZE } = Word
const { KEY_LENGTH, CLAIMED, STALE, VISITED, STORED } = Meta
const { ADD, REPLACE, APPEND, KIND, CREATE, INVALIDATE } = Store
const { SUCCESS, NOT_FOUND, EXISTS, TOO_LARGE, NOT_STORED, NO_MEMORY } = Status
const { CMD_SET, CAS_HITS, CAS_BADVAL, WORDS: COUNTS } = ThreadCount
const { RECLAIMED } = ClassCount
const HEADER = HEADER_SIZE
const HEADER_WORDS = HEADER_SIZE / 4

/** Longer values are copied by the runtime, shorter ones byte by byte. */
const LONG_VALUE = 300
/** What an attempt to join came to: room is needed for the joined value. */
const NEEDS_ROOM = -1

/** store in all its kinds: links an item that allocate gave, or what append joins it to. */
export class Storing {
  private readonly arena: Arena
  private readonly host: Host
  private readonly largest: number
  /** Of the old item, when the join was begun. */
  private oldCasLow = 0
  private oldCasHigh = 0
  private oldSize = 0

  constructor (arena: Arena, host: Host, largest: number) {
    this.arena = arena
    this.host = host
    this.largest = largest
  }

  run (op: Op): Status {
    const { arena } = this
    const ref = op.item as Ref
    const words = arena.wordsOf(ref)
    const at = arena.indexOf(ref)
    const kind = op.mode & KIND
    if ((words[at + META] & STORED) !== 0) throw new Error('this item was stored before')
    this.count(ref, CMD_SET)
    if (kind >= APPEND) return this.join(op, ref, words, at)
    const now = this.host.now()
    const hash = words[at + HASH]
    arena.locks.lockBucket(hash)
    const old = this.findSame(ref, words, at, now)
    const status = old === 0 ? this.admitNew(op, kind) : this.admitOver(op, kind, old)
    const stays = status === SUCCESS && this.link(op, ref, words, at, old, now)
    arena.locks.unlockBucket(hash)
    if (status !== SUCCESS) op.itemClass = arena.allocator.classOf(ref) + 1
    else if (old === 0) arena.grow()
    else if (!stays) arena.drop(old)
    return status
  }

  /** The linked item of the same key as the new one, or 0. Locked. */
  private findSame (ref: Ref, words: Int32Array, at: number, now: number): Ref {
    const { counters } = this.arena
    const { missed } = counters
    const old = this.arena.find(
      words[at + HASH], words, at + HEADER_WORDS, words[at + META] & KEY_LENGTH, now)
    if (counters.missed !== missed) this.noteReclaimed(ref)
    return old
  }

  /** The new item has the place of one that had expired or was flushed. */
  private noteReclaimed (ref: Ref): void {
    const { allocator, counters, locks } = this.arena
    const sizeClass = allocator.classOf(ref)
    const list = this.arena.listOf(sizeClass, 0)
    locks.lockList(list)
    counters.add(this.arena.rowOf(sizeClass, 0), RECLAIMED, 1)
    locks.unlockList(list)
  }

  private admitNew (op: Op, kind: number): Status {
    if (op.compare) return NOT_FOUND
    return kind === REPLACE ? NOT_STORED : SUCCESS
  }

  /** Locked. */
  private admitOver (op: Op, kind: number, old: Ref): Status {
    const { arena } = this
    const words = arena.wordsOf(old)
    const at = arena.indexOf(old)
    if (op.compare) return this.compare(op, old, words, at)
    if (kind !== ADD) return SUCCESS
    // memcached takes a failed add for a use of the item.
    words[at + META] = words[at + META] | VISITED
    return NOT_STORED
  }

  private compare (op: Op, old: Ref, words: Int32Array, at: number): Status {
    const admitted = this.arena.casMatches(op, words, at) || this.invalidates(op, words, at)
    this.count(old, admitted ? CAS_HITS : CAS_BADVAL)
    return admitted ? SUCCESS : EXISTS
  }

  /** An older cas stores too, and makes the item stale. */
  private invalidates (op: Op, words: Int32Array, at: number): boolean {
    return (op.mode & INVALIDATE) !== 0 &&
      u64.isLess(op.casLow, op.casHigh, words[at + CAS_LOW], words[at + CAS_HIGH])
  }

  /** Locked. True if the old item stays, and has become the new one. */
  private link (
    op: Op, ref: Ref, words: Int32Array, at: number, old: Ref, now: number
  ): boolean {
    const { arena } = this
    let state = 0
    if (old !== 0) {
      const oldWords = arena.wordsOf(old)
      const oldAt = arena.indexOf(old)
      if (op.compare && this.invalidates(op, oldWords, oldAt)) {
        state = STALE | (oldWords[oldAt + META] & CLAIMED)
        words[at + EXPIRES] = oldWords[oldAt + EXPIRES]!
      }
    }
    arena.stamp(op, words, at)
    const stays = old !== 0 && arena.overwrite(old, ref, now, state)
    if (old === 0) arena.link(ref, now, state)
    else if (!stays) arena.replace(old, ref, now, state)
    tell(op, ref, words, at, arena.bytesOf(ref))
    return stays
  }

  // Append and prepend.

  /**
   * The joined value is made without a lock, from the old item, which is held meanwhile. If
   * that is no longer the linked one by then, or was changed, the join is made anew.
   */
  private join (op: Op, ref: Ref, words: Int32Array, at: number): Status {
    const { arena } = this
    const now = this.host.now()
    const hash = words[at + HASH]
    let old = 0
    let joined = 0
    for (;;) {
      arena.locks.lockBucket(hash)
      const found = this.findSame(ref, words, at, now)
      const status = found === 0
        ? this.joinNothing(op, ref, words, at, now)
        : this.joinTo(op, found, found === old ? joined : 0, now)
      if (status === NEEDS_ROOM) arena.hold(found)
      arena.locks.unlockBucket(hash)
      if (old !== 0) arena.release(old)
      if (status !== NEEDS_ROOM) return this.endJoin(op, ref, joined, found, status as Status)
      if (joined !== 0) arena.release(joined)
      old = found
      const length = this.oldSize + words[at + SIZE]
      const fits = itemSize(words[at + META] & KEY_LENGTH, length) <= this.largest
      joined = fits ? this.makeJoined(ref, old, length, (op.mode & KIND) === APPEND) : 0
      if (joined !== 0) continue
      arena.release(old)
      return fits ? NO_MEMORY : TOO_LARGE
    }
  }

  /** There is no old value. Locked. */
  private joinNothing (op: Op, ref: Ref, words: Int32Array, at: number, now: number): number {
    if ((op.mode & CREATE) === 0) return op.compare ? NOT_FOUND : NOT_STORED
    words[at + EXPIRES] = op.createExpires
    this.link(op, ref, words, at, 0, now)
    return SUCCESS
  }

  /** Links what was joined to this old item, if it was and if that is unchanged. Locked. */
  private joinTo (op: Op, old: Ref, joined: Ref, now: number): number {
    const { arena } = this
    const words = arena.wordsOf(old)
    const at = arena.indexOf(old)
    if (op.compare && this.compare(op, old, words, at) === EXISTS) return EXISTS
    const unchanged = words[at + CAS_LOW] === this.oldCasLow &&
      words[at + CAS_HIGH] === this.oldCasHigh && words[at + SIZE] === this.oldSize
    if (joined === 0 || !unchanged) {
      this.oldCasLow = words[at + CAS_LOW]!
      this.oldCasHigh = words[at + CAS_HIGH]!
      this.oldSize = words[at + SIZE]!
      return NEEDS_ROOM
    }
    const newWords = arena.wordsOf(joined)
    const newAt = arena.indexOf(joined)
    newWords[newAt + EXPIRES] = words[at + EXPIRES]!
    newWords[newAt + FLAGS] = words[at + FLAGS]!
    arena.stamp(op, newWords, newAt)
    arena.replace(old, joined, now, 0)
    tell(op, joined, newWords, newAt, arena.bytesOf(joined))
    return SUCCESS
  }

  private endJoin (op: Op, ref: Ref, joined: Ref, found: Ref, status: Status): Status {
    const { arena } = this
    if (joined !== 0) {
      // The server's hold moves to what op tells now, if that is the joined item.
      arena.release(op.item === joined ? ref : joined)
      if (op.item === joined) arena.drop(found)
    } else if (status === SUCCESS) {
      arena.grow()
    }
    return status
  }

  /** A new item with both values; 0 if there is no memory. */
  private makeJoined (ref: Ref, old: Ref, size: number, append: boolean): Ref {
    const { arena } = this
    const words = arena.wordsOf(ref)
    const at = arena.indexOf(ref)
    const joined = arena.make(
      words[at + HASH], words, at + HEADER_WORDS, words[at + META] & KEY_LENGTH, size, 0, 0)
    if (joined === 0) return 0
    const added = words[at + SIZE]
    this.copyValue(old, joined, append ? 0 : added, this.oldSize)
    this.copyValue(ref, joined, append ? this.oldSize : 0, added)
    return joined
  }

  private copyValue (from: Ref, to: Ref, offset: number, size: number): void {
    const { arena } = this
    const source = arena.bytesOf(from)
    const target = arena.bytesOf(to)
    const start = this.valueStart(from)
    const toStart = this.valueStart(to) + offset
    if (size < LONG_VALUE) for (let i = 0; i < size; i++) target[toStart + i] = source[start + i]!
    else source.copy(target, toStart, start, start + size)
  }

  private valueStart (ref: Ref): number {
    const { arena } = this
    const at = arena.indexOf(ref)
    return (at << 2) + HEADER + (arena.wordsOf(ref)[at + META] & KEY_LENGTH)
  }

  private count (ref: Ref, count: number): void {
    const { mine } = this.arena.counters
    const index = this.arena.allocator.classOf(ref) * COUNTS + count
    mine[index] = mine[index] + 1
  }
}
