import { Arithmetic, Status, u64, type Host, type Op } from '@memplug/engine'
import type { Arena } from './arena.js'
import { ThreadCount } from './counters.js'
import { HEADER_SIZE, Meta, Word } from './header.js'
import type { Ref } from './memory.js'
import { readNumber, writeNumber } from './number.js'
import { tell } from './tell.js'

const { EXPIRES, FLAGS, USED, META, SIZE } = Word
const { KEY_LENGTH, FETCHED, STATE_SHIFT } = Meta
const STATE_BITS = Meta.STATE << STATE_SHIFT
const { DECREMENT, CREATE, TOUCH } = Arithmetic
const { SUCCESS, NOT_FOUND, EXISTS, NOT_NUMERIC, NO_MEMORY } = Status
const { INCR_HITS, DECR_HITS, WORDS: COUNTS } = ThreadCount
const HEADER = HEADER_SIZE
const MAX_DIGITS = 20

/** What an attempt came to: it needs a new item, because the old one can't be written over. */
const NEEDS_ROOM = -1

/**
 * incr and decr. A number is written over the old one where nobody else holds the item and it
 * is not longer; else it goes to a new item, which is made without a lock, and tried again.
 */
export class Counting {
  private readonly arena: Arena
  private readonly host: Host
  /** How many digits the number has that the last attempt came to. */
  private digits = 0

  constructor (arena: Arena, host: Host) {
    this.arena = arena
    this.host = host
  }

  run (op: Op): Status {
    const { arena } = this
    const now = this.host.now()
    const hash = arena.hasher.hash(op.key, op.keyStart, op.keyEnd)
    let spare = 0
    for (;;) {
      arena.locks.lockBucket(hash)
      const ref = arena.find(hash, arena.hasher.words, 0, op.keyEnd - op.keyStart, now)
      const answer = ref === 0 ? this.miss(op, spare, now) : this.hit(op, ref, spare, now)
      arena.locks.unlockBucket(hash)
      if (answer !== NEEDS_ROOM) {
        if (spare !== 0 && op.item !== spare) arena.release(spare)
        if (ref === 0 && answer === SUCCESS) arena.grow()
        return answer as Status
      }
      // The number may be longer at the next attempt.
      spare = arena.make(
        hash, arena.hasher.words, 0, op.keyEnd - op.keyStart, MAX_DIGITS, 0, 0)
      if (spare === 0) return NO_MEMORY
    }
  }

  /** Locked. */
  private miss (op: Op, spare: Ref, now: number): number {
    op.item = 0
    if ((op.mode & CREATE) === 0) return NOT_FOUND
    if (spare === 0) return NEEDS_ROOM
    const { arena } = this
    const words = arena.wordsOf(spare)
    const at = arena.indexOf(spare)
    words[at + EXPIRES] = op.createExpires
    words[at + FLAGS] = 0
    this.write(spare, words, at, op.initialLow, op.initialHigh)
    arena.stamp(op, words, at)
    arena.link(spare, now, 0)
    op.resultLow = op.initialLow
    op.resultHigh = op.initialHigh
    tell(op, spare, words, at, arena.bytesOf(spare))
    return SUCCESS
  }

  /** Locked. */
  private hit (op: Op, ref: Ref, spare: Ref, now: number): number {
    const { arena } = this
    const words = arena.wordsOf(ref)
    const at = arena.indexOf(ref)
    op.item = 0
    if (op.compare && !arena.casMatches(op, words, at)) return EXISTS
    if (!this.compute(op, ref, words, at)) return NOT_NUMERIC
    if (this.digits <= words[at + SIZE] && arena.isUnheld(words, at)) {
      arena.hold(ref)
      this.overwrite(op, ref, words, at, now)
    } else if (spare === 0) {
      return NEEDS_ROOM
    } else {
      this.supersede(op, ref, spare, now)
    }
    const { mine } = arena.counters
    const decrements = (op.mode & DECREMENT) !== 0
    const count = arena.allocator.classOf(op.item as Ref) * COUNTS +
      (decrements ? DECR_HITS : INCR_HITS)
    mine[count] = mine[count] + 1
    return SUCCESS
  }

  /** The new number, in op's result, and how many digits it has; false if the old is none. */
  private compute (op: Op, ref: Ref, words: Int32Array, at: number): boolean {
    const start = (at << 2) + HEADER + (words[at + META] & KEY_LENGTH)
    if (!readNumber(this.arena.bytesOf(ref), start, start + words[at + SIZE])) return false
    if ((op.mode & DECREMENT) !== 0) u64.subtract(u64.low, u64.high, op.deltaLow, op.deltaHigh)
    else u64.add(u64.low, u64.high, op.deltaLow, op.deltaHigh)
    op.resultLow = u64.low
    op.resultHigh = u64.high
    this.digits = u64.countDigits(op.resultLow, op.resultHigh)
    return true
  }

  private overwrite (op: Op, ref: Ref, words: Int32Array, at: number, now: number): void {
    const { arena } = this
    const bytes = arena.bytesOf(ref)
    const start = (at << 2) + HEADER + (words[at + META] & KEY_LENGTH)
    writeNumber(
      bytes, start, start + words[at + SIZE], op.resultLow, op.resultHigh, this.digits)
    arena.stamp(op, words, at)
    if ((op.mode & TOUCH) !== 0) arena.touch(ref, words, at, op.expires)
    tell(op, ref, words, at, bytes)
    const meta = words[at + META]
    words[at + META] = arena.seen(meta)
    if (words[at + USED] !== now) arena.use(ref, words, at, now)
  }

  private supersede (op: Op, ref: Ref, spare: Ref, now: number): void {
    const { arena } = this
    const old = arena.wordsOf(ref)
    const oldAt = arena.indexOf(ref)
    const words = arena.wordsOf(spare)
    const at = arena.indexOf(spare)
    words[at + EXPIRES] = (op.mode & TOUCH) !== 0 ? op.expires : old[oldAt + EXPIRES]
    words[at + FLAGS] = old[oldAt + FLAGS]!
    words[at + SIZE] = this.digits
    this.write(spare, words, at, op.resultLow, op.resultHigh)
    arena.stamp(op, words, at)
    const state = old[oldAt + META] & STATE_BITS
    const used = old[oldAt + USED]
    arena.replace(ref, spare, now, state)
    arena.drop(ref)
    tell(op, spare, words, at, arena.bytesOf(spare))
    op.itemUsed = used
    words[at + META] = words[at + META] | FETCHED
  }

  private write (ref: Ref, words: Int32Array, at: number, low: number, high: number): void {
    const digits = u64.countDigits(low, high)
    const start = (at << 2) + HEADER + (words[at + META] & KEY_LENGTH)
    words[at + SIZE] = digits
    writeNumber(this.arena.bytesOf(ref), start, start + digits, low, high, digits)
  }
}
