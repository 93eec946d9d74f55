import type { Evictor } from '@memplug/arena'
import type { Classes } from './classes.js'
import type { PageTable } from './page-table.js'

/** A class is idle that had no use where so many were to be expected. */
const EXPECTED_USES = 32
/** Once an idle page was found, the next look comes so much sooner. */
const AGAIN = 3 / 4

/**
 * Finds classes that nobody uses any more, so that their memory follows when the sizes of the
 * items that are stored change. Every time that a class has evicted a page's worth, it looks for
 * one that had no use meanwhile, though with an even share of all uses it should have had some.
 */
export class Balance {
  private readonly pages: PageTable
  private readonly sizes: Classes
  private readonly classes: number
  /** For each class, how many it has evicted since it looked last. */
  private readonly evicted: Float64Array
  /** For each class, the uses of all classes when it looked last. */
  private readonly before: Float64Array

  static reserve (classes: number): SharedArrayBuffer {
    return new SharedArrayBuffer(8 * classes * (classes + 1))
  }

  constructor (pages: PageTable, shared: SharedArrayBuffer, sizes: Classes) {
    this.pages = pages
    this.sizes = sizes
    this.classes = sizes.count + 1
    this.evicted = new Float64Array(shared, 0, this.classes)
    this.before = new Float64Array(shared, 8 * this.classes)
  }

  /** A class is about to evict one of its own: tells which had better give it a page, or -1. */
  findIdle (sizeClass: number, evictor: Evictor): number {
    const evicted = this.evicted[sizeClass] + 1
    this.evicted[sizeClass] = evicted
    const pageful = sizeClass < this.sizes.count ? this.sizes.perPage[sizeClass] : 1
    if (evicted < pageful) return -1
    const idle = this.look(sizeClass, evictor)
    this.evicted[sizeClass] = idle < 0 ? 0 : pageful * AGAIN
    return idle
  }

  private look (sizeClass: number, evictor: Evictor): number {
    const base = sizeClass * this.classes
    let uses = 0
    let items = 0
    let idle = -1
    for (let other = 0; other < this.classes; other++) {
      const more = evictor.countUses(other) - this.before[base + other]
      const count = evictor.countItems(other)
      uses += more
      items += count
      if (more === 0 && this.pages.pagesIn(other) > 0 && other !== sizeClass &&
        (idle < 0 || count > evictor.countItems(idle))) idle = other
    }
    const enough = idle >= 0 && uses * evictor.countItems(idle) >= EXPECTED_USES * items
    // A reset of the statistics makes uses negative.
    if (idle < 0 || enough || uses < 0) {
      for (let other = 0; other < this.classes; other++) {
        this.before[base + other] = evictor.countUses(other)
      }
    }
    return enough ? idle : -1
  }
}
