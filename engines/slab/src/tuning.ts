/** Words: what the operator may change while the server runs. */
const REASSIGN = 0
const AUTOMOVE = 1
const RATIO = 2
const WINDOW = 3
const FREE_RATIO = 4
const LIMIT = 5
const WORDS = 8

/** How pages are to move between classes: memcached's settings, with its bounds. */
export interface Moving {
  /** slab_reassign: whether pages may be moved by command and by the automover. */
  reassign: boolean
  /** slab_automove: 0 never, 1 with care, 2 at every eviction. */
  automove: number
  /** slab_automove_ratio: how much younger a class's oldest item must be to be given a page. */
  ratio: number
  /** slab_automove_window: seconds that are looked back. */
  window: number
  /** slab_automove_freeratio: which matters to flash storage alone. */
  freeRatio: number
}

export const DEFAULT_MOVING: Moving = {
  reassign: true, automove: 1, ratio: 0.8, window: 10, freeRatio: 0.01
}
export const LEAST_WINDOW = 3
export const MOST_WINDOW = 1800

/** Moving as all threads see it. */
export class Tuning implements Moving {
  private readonly words: Float64Array

  static reserve (moving: Moving, limit: number): SharedArrayBuffer {
    const shared = new SharedArrayBuffer(8 * WORDS)
    Object.assign(new Tuning(shared), moving, { limit })
    return shared
  }

  constructor (shared: SharedArrayBuffer) {
    this.words = new Float64Array(shared)
  }

  get reassign (): boolean { return this.words[REASSIGN] === 1 }
  set reassign (reassign: boolean) { this.words[REASSIGN] = Number(reassign) }

  get automove (): number { return this.words[AUTOMOVE] }
  set automove (level: number) { this.words[AUTOMOVE] = level }

  get ratio (): number { return this.words[RATIO] }
  set ratio (ratio: number) { this.words[RATIO] = ratio }

  get window (): number { return this.words[WINDOW] }
  set window (seconds: number) { this.words[WINDOW] = seconds }

  get freeRatio (): number { return this.words[FREE_RATIO] }
  set freeRatio (ratio: number) { this.words[FREE_RATIO] = ratio }

  /** -m in bytes, or what cache_memlimit made of it. */
  get limit (): number { return this.words[LIMIT] }
  set limit (bytes: number) { this.words[LIMIT] = bytes }
}
