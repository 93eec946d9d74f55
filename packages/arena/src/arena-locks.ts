import { endProcess, Locks } from './locks.js'

/** How many locks the buckets share: a power of two, no more than the first table's buckets. */
const STRIPES = 4096
const STRIPE_MASK = STRIPES - 1

/** Locks after those of the lists. */
const ALLOCATOR = 0
const GROWTH = 1
const FLUSH = 2
const OTHERS = 3

/**
 * The locks of an arena. They are taken in this order: growth or flush, a bucket's, a list's,
 * the allocator's. From under a list's lock a bucket's is only tried.
 */
export class ArenaLocks {
  readonly alone: boolean
  private readonly locks: Locks
  /** Where the locks after those of the lists begin. */
  private readonly others: number
  /** A bucket's lock is in this thread's hands. */
  private inside = false

  static reserve (lists: number): SharedArrayBuffer {
    return Locks.reserve(STRIPES + lists + OTHERS)
  }

  constructor (shared: SharedArrayBuffer, lists: number, alone: boolean) {
    this.locks = new Locks(shared, alone)
    this.others = STRIPES + lists
    this.alone = alone
  }

  /** Of the bucket, or of any bucket's number, that a hash falls in. */
  lockBucket (hash: number): void {
    if (this.inside) endProcess('an operation failed while it changed a bucket')
    this.locks.lock(hash & STRIPE_MASK)
    this.inside = true
  }

  tryLockBucket (hash: number): boolean {
    if (!this.locks.tryLock(hash & STRIPE_MASK)) return false
    this.inside = true
    return true
  }

  unlockBucket (hash: number): void {
    this.inside = false
    this.locks.unlock(hash & STRIPE_MASK)
  }

  lockList (list: number): void {
    this.locks.lock(STRIPES + list)
  }

  unlockList (list: number): void {
    this.locks.unlock(STRIPES + list)
  }

  lockAllocator (): void {
    this.locks.lock(this.others + ALLOCATOR)
  }

  unlockAllocator (): void {
    this.locks.unlock(this.others + ALLOCATOR)
  }

  tryLockGrowth (): boolean {
    return this.locks.tryLock(this.others + GROWTH)
  }

  unlockGrowth (): void {
    this.locks.unlock(this.others + GROWTH)
  }

  lockFlush (): void {
    this.locks.lock(this.others + FLUSH)
  }

  unlockFlush (): void {
    this.locks.unlock(this.others + FLUSH)
  }

  /** Waits until whatever other threads are doing under a bucket's lock is done. */
  awaitBuckets (): void {
    for (let stripe = 0; stripe < STRIPES; stripe++) {
      this.lockBucket(stripe)
      this.unlockBucket(stripe)
    }
  }
}
