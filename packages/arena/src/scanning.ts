import type { Host, Op } from '@memplug/engine'
import type { Arena } from './arena.js'
import { HEADER_SIZE, itemSize, Meta, Word } from './header.js'
import type { Ref } from './memory.js'
import { tell } from './tell.js'

const { CHAIN, HASH, META, SIZE } = Word
const { KEY_LENGTH } = Meta

/** The bits of a hash, its highest, by which the items of a bucket are ordered. */
const HALF_BITS = 16
/** Items of a bucket with one half that can be told apart. */
const TWINS = 256
const PER_BUCKET = 2 ** HALF_BITS * TWINS
/** Empty buckets at which one call looks at most, and how many of them take as long as another. */
const MOST_LOOKS = 1024
const FULL = 16

/**
 * Walks over the buckets, and in each from the lowest half of a hash to the highest: so a change
 * to the bucket between two calls hides no item that stays, or hardly ever one of those whose
 * halves are the same. A bucket that is split gives its items to one that comes later.
 *
 * A cursor is `(bucket * 2^16 + the hash's high half) * 256 + the number among equal halves`.
 */
export class Scanning {
  private readonly arena: Arena
  private readonly host: Host
  private readonly key: Buffer
  private found: Ref = 0

  constructor (arena: Arena, host: Host) {
    this.arena = arena
    this.host = host
    this.key = Buffer.alloc(host.settings.maxKeySize)
  }

  run (op: Op, cursor: number): number {
    const { arena } = this
    const now = this.host.now()
    let bucket = Math.floor(cursor / PER_BUCKET)
    let least = cursor - bucket * PER_BUCKET
    op.item = null
    op.keyStart = op.keyEnd = 0
    for (let looks = MOST_LOOKS; bucket < arena.table.used; bucket++, least = 0) {
      if (looks <= 0) return bucket * PER_BUCKET
      if (arena.table.firstOf(bucket) === 0) {
        looks--
        continue
      }
      looks -= FULL
      arena.locks.lockBucket(bucket)
      const place = this.findFrom(bucket, least, now)
      if (place >= 0) this.tellFound(op)
      arena.locks.unlockBucket(bucket)
      if (place >= 0) return bucket * PER_BUCKET + place + 1
    }
    return 0
  }

  /**
   * The first place in the bucket from `least` on that has an item, in `found`; or -1. It looks at
   * each item twice at most, however long the bucket is. Locked.
   */
  private findFrom (bucket: number, least: number, now: number): number {
    const { arena } = this
    const first = Math.floor(least / TWINS)
    let twinsToPass = least % TWINS
    let lowest = Infinity
    for (let ref = arena.table.firstOf(bucket); ref !== 0; ref = this.next(ref)) {
      const words = arena.wordsOf(ref)
      const at = arena.indexOf(ref)
      const half = words[at + HASH] >>> HALF_BITS
      if (half < first || half >= lowest) continue
      if (half === first && twinsToPass-- > 0) continue
      if (arena.isGone(words, at, now)) continue
      lowest = half
      this.found = ref
    }
    return lowest === Infinity ? -1 : lowest * TWINS + this.countTwins(bucket, this.found)
  }

  /** Items before this one in its bucket with the same half; the last ones share a number. */
  private countTwins (bucket: number, ref: Ref): number {
    const half = this.halfOf(ref)
    let twins = 0
    for (let at = this.arena.table.firstOf(bucket); at !== ref; at = this.next(at)) {
      if (this.halfOf(at) === half) twins++
    }
    return Math.min(twins, TWINS - 1)
  }

  private halfOf (ref: Ref): number {
    return this.arena.wordsOf(ref)[this.arena.indexOf(ref) + HASH] >>> HALF_BITS
  }

  private next (ref: Ref): Ref {
    return this.arena.wordsOf(ref)[this.arena.indexOf(ref) + CHAIN]
  }

  private tellFound (op: Op): void {
    const { arena, found, key } = this
    const words = arena.wordsOf(found)
    const at = arena.indexOf(found)
    const bytes = arena.bytesOf(found)
    const length = words[at + META] & KEY_LENGTH
    tell(op, found, words, at, bytes)
    op.item = null
    op.itemClass = arena.allocator.classOf(found) + 1
    op.itemSize = itemSize(length, words[at + SIZE])
    const start = (at << 2) + HEADER_SIZE
    bytes.copy(key, 0, start, start + length)
    op.key = key
    op.keyStart = 0
    op.keyEnd = length
  }
}
