import type { Host } from '@memplug/engine'
import type { Allocator } from './allocator.js'
import type { Arena } from './arena.js'
import { GeneralCount } from './counters.js'
import type { Crawler } from './crawler.js'
import type { Eviction } from './eviction.js'
import type { Flushing } from './flushing.js'

/** Milliseconds between two calls where nothing is urgent, and where something is. */
const REST = 100
const AT_ONCE = 1
/** For how long the LRU lists are put in order. */
const JUGGLE = 0.5

/**
 * What thread 0 does beside its requests, a little at a time: it puts the LRU lists in order,
 * frees what has expired, and lets the allocator put its memory in order.
 */
export class Upkeep {
  private readonly eviction: Eviction
  private readonly host: Host
  private readonly arena: Arena
  private readonly allocator: Allocator
  private readonly crawler: Crawler
  private readonly flushing: Flushing
  private timer: NodeJS.Timeout
  /** When the lists are to be put in order again. */
  private juggleAt = 0

  constructor (
    eviction: Eviction, arena: Arena, host: Host, crawler: Crawler, flushing: Flushing
  ) {
    this.eviction = eviction
    this.host = host
    this.arena = arena
    this.allocator = arena.allocator
    this.crawler = crawler
    this.flushing = flushing
    this.timer = setTimeout(this.run, REST).unref()
  }

  stop (): void {
    clearTimeout(this.timer)
  }

  /** Milliseconds until the lists want to be put in order again. */
  private juggle (): number {
    const { segments } = this.eviction
    const start = performance.now()
    // A timer may come a little early.
    if (segments === undefined || !this.arena.lru.maintained) return REST
    if (start < this.juggleAt - AT_ONCE) return this.juggleAt - start
    const { mine, general } = this.arena.counters
    const juggles = general + GeneralCount.JUGGLES
    mine[juggles] = mine[juggles] + 1
    const rest = segments.juggle(this.host.now(), start + JUGGLE) ? AT_ONCE : REST
    this.juggleAt = start + rest
    return rest
  }

  private readonly run = (): void => {
    const juggle = this.juggle()
    const crawl = Math.min(this.crawler.run(), this.flushing.run())
    const rest = this.allocator.maintain?.(this.eviction) ?? REST
    this.timer = setTimeout(this.run, Math.min(rest, juggle, crawl, REST)).unref()
  }
}
