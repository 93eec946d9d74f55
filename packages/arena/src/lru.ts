/** The LRU lists of a class, in memcached's order. */
export const Segment = {
  /** Where items come first. */
  HOT: 0,
  /** Where those stay that were used twice. */
  WARM: 1,
  /** From where items are evicted. */
  COLD: 2,
  /** For items that soon expire: they are not evicted as long as there are others. */
  TEMP: 3
} as const
export type Segment = (typeof Segment)[keyof typeof Segment]
/** log2 of how many there are. */
export const SEGMENT_BITS = 2

/** Words. */
const MAINTAINED = 0
const SEGMENTED = 1
const HOT_PERCENT = 2
const WARM_PERCENT = 3
const HOT_FACTOR = 4
const WARM_FACTOR = 5
const TEMPORARY = 6
const TEMPORARY_TTL = 7
const WORDS = 8

/** memcached's settings of the segmented LRU. */
export interface LruSettings {
  /** lru_maintainer: whether items move between lists, and are freed, in the background. */
  maintained: boolean
  /** False: all are in COLD, by the time of their last use. */
  segmented: boolean
  /** hot_lru_pct, warm_lru_pct: of the class's bytes. */
  hotPercent: number
  warmPercent: number
  /** hot_max_factor, warm_max_factor: times the age of the oldest item in COLD. */
  hotFactor: number
  warmFactor: number
  /** Whether TEMP is used, for items that live for temporary_ttl seconds at most. */
  temporary: boolean
  temporaryTtl: number
}

export const DEFAULT_LRU: LruSettings = {
  maintained: true,
  segmented: true,
  hotPercent: 20,
  warmPercent: 40,
  hotFactor: 0.2,
  warmFactor: 2,
  temporary: false,
  temporaryTtl: 61
}

/** LruSettings as all threads see them, and may change them. */
export class Lru implements LruSettings {
  private readonly words: Float64Array

  static reserve (settings: LruSettings): SharedArrayBuffer {
    const shared = new SharedArrayBuffer(8 * WORDS)
    Object.assign(new Lru(shared), settings)
    return shared
  }

  constructor (shared: SharedArrayBuffer) {
    this.words = new Float64Array(shared)
  }

  get maintained (): boolean { return this.words[MAINTAINED] === 1 }
  set maintained (maintained: boolean) { this.words[MAINTAINED] = Number(maintained) }

  get segmented (): boolean { return this.words[SEGMENTED] === 1 }
  set segmented (segmented: boolean) { this.words[SEGMENTED] = Number(segmented) }

  get hotPercent (): number { return this.words[HOT_PERCENT] }
  set hotPercent (percent: number) { this.words[HOT_PERCENT] = percent }

  get warmPercent (): number { return this.words[WARM_PERCENT] }
  set warmPercent (percent: number) { this.words[WARM_PERCENT] = percent }

  get hotFactor (): number { return this.words[HOT_FACTOR] }
  set hotFactor (factor: number) { this.words[HOT_FACTOR] = factor }

  get warmFactor (): number { return this.words[WARM_FACTOR] }
  set warmFactor (factor: number) { this.words[WARM_FACTOR] = factor }

  get temporary (): boolean { return this.words[TEMPORARY] === 1 }
  set temporary (temporary: boolean) { this.words[TEMPORARY] = Number(temporary) }

  get temporaryTtl (): number { return this.words[TEMPORARY_TTL] }
  set temporaryTtl (seconds: number) { this.words[TEMPORARY_TTL] = seconds }

  /** Where a new item comes that expires then. */
  segmentFor (expires: number, now: number): Segment {
    if (this.temporary && expires > now && expires - now <= this.temporaryTtl) return Segment.TEMP
    return this.segmented ? Segment.HOT : Segment.COLD
  }
}
