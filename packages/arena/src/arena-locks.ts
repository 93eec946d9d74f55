import { Locks, type End } from './locks.js'

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
  /** How many locks of buckets, lists and the allocator this thread has in its hands. */
  private depth = 0
  private readonly thread: number

  static reserve (lists: number): SharedArrayBuffer {
    return Locks.reserve(STRIPES + lists + OTHERS)
  }

  constructor (
    shared: SharedArrayBuffer, lists: number, alone: boolean, thread = 0, endProcess?: End
  ) {
    this.locks = new Locks(shared, alone, thread, endProcess)
    this.thread = thread
    this.others = STRIPES + lists
    this.alone = alone
  }

  /**
   * Of the bucket that a hash falls in, or of a bucket by its number. The first lock that an
   * operation takes; if the thread has one already, its last operation failed.
   */
  lockBucket (hash: number): void {
    if (this.depth !== 0) this.locks.end('an operation failed with a lock in its hands')
    this.locks.lock(hash & STRIPE_MASK)
    this.depth = 1
  }

  tryLockBucket (hash: number): boolean {
    if (!this.locks.tryLock(hash & STRIPE_MASK)) return false
    this.depth++
    return true
  }

  unlockBucket (hash: number): void {
    this.depth--
    this.locks.unlock(hash & STRIPE_MASK)
  }

  lockList (list: number): void {
    this.depth++
    this.locks.lock(STRIPES + list)
  }

  unlockList (list: number): void {
    this.depth--
    this.locks.unlock(STRIPES + list)
  }

  lockAllocator (): void {
    this.depth++
    this.locks.lock(this.others + ALLOCATOR)
  }

  unlockAllocator (): void {
    this.depth--
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

  /**
   * After a fault of this thread, or the end of another: ends the process if that thread still
   * has a lock.
   */
  inspect (thread: number, cause: string): void {
    const failed = thread === this.thread && this.depth !== 0
    if (!failed && !this.locks.isHeldBy(thread)) return
    this.locks.end(`thread ${thread} failed with a lock in its hands (${cause})`)
  }

  /** Waits until whatever other threads are doing under a bucket's lock is done. */
  awaitBuckets (): void {
    for (let stripe = 0; stripe < STRIPES; stripe++) {
      this.lockBucket(stripe)
      this.unlockBucket(stripe)
    }
  }
}
