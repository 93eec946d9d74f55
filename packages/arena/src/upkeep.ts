import type { Allocator } from './allocator.js'
import type { Crawler } from './crawler.js'
import type { Eviction } from './eviction.js'

/** Milliseconds between two calls where nothing is urgent. */
const REST = 100

/**
 * What thread 0 does beside its requests, a little at a time: it frees what has expired, and
 * lets the allocator put its memory in order.
 */
export class Upkeep {
  private readonly eviction: Eviction
  private readonly allocator: Allocator
  private readonly crawler: Crawler
  private timer: NodeJS.Timeout

  constructor (eviction: Eviction, allocator: Allocator, crawler: Crawler) {
    this.eviction = eviction
    this.allocator = allocator
    this.crawler = crawler
    this.timer = setTimeout(this.run, REST).unref()
  }

  stop (): void {
    clearTimeout(this.timer)
  }

  private readonly run = (): void => {
    const crawl = this.crawler.run()
    const rest = this.allocator.maintain?.(this.eviction) ?? REST
    this.timer = setTimeout(this.run, Math.min(rest, crawl, REST)).unref()
  }
}
