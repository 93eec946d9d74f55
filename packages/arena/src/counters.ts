/**
 * What is counted for each size class, under the lock of the LRU list it belongs to; in a row
 * for each list where a class has several.
 */
export const ClassCount = {
  ITEMS: 0,
  BYTES: 1,
  /** Items ever linked. */
  TOTAL: 2,
  EVICTED: 3,
  /** Evicted though they had an expiry that had not come. */
  EVICTED_NONZERO: 4,
  /** Seconds since the last evicted item was used. */
  EVICTED_TIME: 5,
  EVICTED_UNFETCHED: 6,
  OUT_OF_MEMORY: 7,
  /** Expired or flushed items that made room for a new one. */
  RECLAIMED: 8,
  EXPIRED_UNFETCHED: 9,
  /** Expired or flushed items that were found without need for room. */
  CRAWLER_RECLAIMED: 10,
  CRAWLER_CHECKED: 11,
  /** Held or locked items that the eviction hand had to pass by. */
  PASSED_BY: 12,
  /** Evicted though they were used twice lately. */
  EVICTED_ACTIVE: 13,
  /** Items that came from this list to another, or to its other end. */
  MOVES_TO_COLD: 14,
  MOVES_TO_WARM: 15,
  MOVES_WITHIN_LRU: 16,
  WORDS: 20
} as const

/** What each thread counts for each size class. */
export const ThreadCount = {
  /** The first of four, one for each LRU list of the class. */
  GET_HITS: 0,
  CMD_SET: 4,
  DELETE_HITS: 5,
  INCR_HITS: 6,
  DECR_HITS: 7,
  CAS_HITS: 8,
  CAS_BADVAL: 9,
  TOUCH_HITS: 10,
  WORDS: 16
} as const

/** What each thread counts without regard to class, after its classes. */
export const GeneralCount = {
  GET_EXPIRED: 0,
  GET_FLUSHED: 1,
  /** How often the maintainer put the LRU lists in order. */
  JUGGLES: 2,
  WORDS: 8
} as const

const { WORDS: CLASS_WORDS, ITEMS, BYTES } = ClassCount
const { WORDS: THREAD_WORDS } = ThreadCount
const { WORDS: GENERAL_WORDS } = GeneralCount

/** Counters in shared memory. They are doubles: exact up to 2^53, and written without garbage. */
export class Counters {
  private readonly byClass: Float64Array
  /** This thread's own: `mine[sizeClass * ThreadCount.WORDS + ThreadCount.…]` */
  readonly mine: Float64Array
  /** Where in `mine` the GeneralCounts begin. */
  readonly general: number
  /** How often countMissed() was called, modulo 2^32. */
  missed = 0
  private readonly classes: number
  private readonly all: Float64Array
  private readonly stride: number
  /** log2 of the rows of a class. */
  private readonly rowBits: number

  static reserve (classes: number, threads: number, rowBits = 0): SharedArrayBuffer {
    return new SharedArrayBuffer(
      8 * ((classes << rowBits) * CLASS_WORDS + threads * strideOf(classes)))
  }

  constructor (shared: SharedArrayBuffer, classes: number, thread: number, rowBits = 0) {
    const words = (classes << rowBits) * CLASS_WORDS
    this.classes = classes
    this.rowBits = rowBits
    this.stride = strideOf(classes)
    this.byClass = new Float64Array(shared, 0, words)
    this.all = new Float64Array(shared, 8 * words)
    this.mine = this.all.subarray(thread * this.stride, (thread + 1) * this.stride)
    this.general = classes * THREAD_WORDS
  }

  addItem (row: number, size: number, total: number): void {
    const base = row * CLASS_WORDS
    const { byClass } = this
    byClass[base + ITEMS] = byClass[base + ITEMS] + 1
    byClass[base + BYTES] = byClass[base + BYTES] + size
    byClass[base + ClassCount.TOTAL] = byClass[base + ClassCount.TOTAL] + total
  }

  removeItem (row: number, size: number): void {
    const base = row * CLASS_WORDS
    const { byClass } = this
    byClass[base + ITEMS] = byClass[base + ITEMS] - 1
    byClass[base + BYTES] = byClass[base + BYTES] - size
  }

  /** An item was written anew, and has so many more bytes. */
  changeItem (row: number, growth: number): void {
    const base = row * CLASS_WORDS
    const { byClass } = this
    byClass[base + BYTES] = byClass[base + BYTES] + growth
    byClass[base + ClassCount.TOTAL] = byClass[base + ClassCount.TOTAL] + 1
  }

  /** A lookup has met an item that was flushed, or else had expired. */
  countMissed (isFlushed: boolean): void {
    this.missed = this.missed + 1 | 0
    const count = this.general + (isFlushed ? GeneralCount.GET_FLUSHED : GeneralCount.GET_EXPIRED)
    this.mine[count] = this.mine[count] + 1
  }

  /** Adds to a ClassCount. */
  add (row: number, count: number, more: number): void {
    const index = row * CLASS_WORDS + count
    this.byClass[index] = this.byClass[index] + more
  }

  put (row: number, count: number, value: number): void {
    this.byClass[row * CLASS_WORDS + count] = value
  }

  /** A ClassCount of one row. */
  ofRow (row: number, count: number): number {
    return this.byClass[row * CLASS_WORDS + count]
  }

  /** A ClassCount of one class. */
  ofClass (sizeClass: number, count: number): number {
    const first = sizeClass << this.rowBits
    const last = first + (1 << this.rowBits)
    let sum = 0
    for (let row = first; row < last; row++) sum += this.ofRow(row, count)
    return sum
  }

  /** A ClassCount over all classes. */
  sumClasses (count: number): number {
    let sum = 0
    for (let i = 0; i < this.classes; i++) sum += this.ofClass(i, count)
    return sum
  }

  /** The get hits of one class, over all threads. */
  sumHits (sizeClass: number): number {
    let sum = 0
    for (let i = ThreadCount.GET_HITS; i < ThreadCount.CMD_SET; i++) {
      sum += this.sumThreads(sizeClass, i)
    }
    return sum
  }

  /** A ThreadCount of one class, over all threads. */
  sumThreads (sizeClass: number, count: number): number {
    return this.sumAt(sizeClass * THREAD_WORDS + count)
  }

  /** All that threads count of one class: how often its items were stored or found. */
  sumUses (sizeClass: number): number {
    let sum = 0
    for (let count = 0; count < THREAD_WORDS; count++) sum += this.sumThreads(sizeClass, count)
    return sum
  }

  /** A GeneralCount over all threads. */
  sumGeneral (count: number): number {
    return this.sumAt(this.general + count)
  }

  /** Zeroes all but what tells of the items there are. */
  reset (): void {
    this.all.fill(0)
    for (let i = 0; i < this.byClass.length; i++) {
      const count = i % CLASS_WORDS
      if (count !== ITEMS && count !== BYTES) this.byClass[i] = 0
    }
  }

  private sumAt (index: number): number {
    let sum = 0
    for (let i = index; i < this.all.length; i += this.stride) sum += this.all[i]
    return sum
  }
}

function strideOf (classes: number): number {
  return classes * THREAD_WORDS + GENERAL_WORDS
}
