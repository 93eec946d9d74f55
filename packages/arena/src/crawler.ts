import type { Host } from '@memplug/engine'
import type { Arena } from './arena.js'
import type { Eviction } from './eviction.js'

/** Words of the crawler, before one for each list: how many items are still to be looked at. */
const ENABLED = 0
const SLEEP = 1
const TO_CRAWL = 2
const STARTS = 3
const RUNNING = 4
const LISTS = 16

/** RUNNING: what is asked for is being written down, or is to be done. */
const ASKED = 1
const CRAWLING = 2

const DEFAULT_SLEEP = 100
/** memcached's crawler sleeps after so many items. */
const ITEMS_PER_SLEEP = 1000
/** Milliseconds of work on end, and of rest at least after it. */
const SLICE = 0.7
const REST = 1
/** Milliseconds between two looks for lists of which items have expired. */
const LOOK = 100
const MICROSECONDS = 1000

/**
 * Frees items that have expired or were flushed, though nobody asks for them: on thread 0, a
 * little at a time, for a list of which some must have expired for a while, and for those that
 * the operator names. The hand that makes room finds them without it.
 */
export class Crawler {
  private readonly arena: Arena
  private readonly eviction: Eviction
  private readonly host: Host
  private readonly words: Int32Array
  private looked = 0

  static reserve (lists: number, host: Host): SharedArrayBuffer {
    const shared = new SharedArrayBuffer(4 * (LISTS + lists))
    const words = new Int32Array(shared)
    const { lruCrawler = true, lruCrawlerSleep, lruCrawlerToCrawl } = host.settings
    words[ENABLED] = Number(lruCrawler)
    words[SLEEP] = lruCrawlerSleep ?? DEFAULT_SLEEP
    words[TO_CRAWL] = lruCrawlerToCrawl ?? 0
    return shared
  }

  constructor (shared: SharedArrayBuffer, arena: Arena, eviction: Eviction, host: Host) {
    this.words = new Int32Array(shared)
    this.arena = arena
    this.eviction = eviction
    this.host = host
  }

  get isRunning (): boolean { return Atomics.load(this.words, RUNNING) !== 0 }
  /** Walks begun since the last reset. */
  get starts (): number { return this.words[STARTS] >>> 0 }

  resetStats (): void { this.words[STARTS] = 0 }

  /** lru_crawler enable|disable|sleep N|tocrawl N|crawl CLASSES: answers in memcached's words. */
  obey (asked: readonly string[]): string {
    const [, command, given = ''] = asked
    switch (command) {
      case 'enable': case 'disable': return this.put(ENABLED, Number(command === 'enable'))
      case 'sleep': return this.put(SLEEP, Number(given) | 0)
      case 'tocrawl': return this.put(TO_CRAWL, Number(given) | 0)
      case 'crawl': return this.ask(given)
      default: return 'ERROR'
    }
  }

  /** To be called on thread 0; answers after how many milliseconds again, at the latest. */
  run (): number {
    if (Atomics.load(this.words, RUNNING) === CRAWLING) return this.crawl()
    const now = performance.now()
    if (this.words[ENABLED] === 1 && now - this.looked >= LOOK) {
      this.looked = now
      Atomics.add(this.words, STARTS, this.eviction.sweep(SLICE))
    }
    return LOOK
  }

  private put (word: number, value: number): string {
    this.words[word] = value
    return 'OK'
  }

  /** Lets thread 0 crawl 'all' classes, or those of numbers with commas between them. */
  private ask (classes: string): string {
    const { lists } = this.arena
    if (Atomics.compareExchange(this.words, RUNNING, 0, ASKED) !== 0) {
      return 'BUSY currently processing crawler request'
    }
    const most = this.words[TO_CRAWL] >>> 0
    for (const list of this.listsOf(classes)) {
      const items = lists.countItems(list)
      Atomics.store(this.words, LISTS + list, most === 0 ? items : Math.min(items, most))
      Atomics.add(this.words, STARTS, 1)
    }
    Atomics.store(this.words, RUNNING, CRAWLING)
    return 'OK'
  }

  private listsOf (classes: string): Set<number> {
    const { allocator, lists } = this.arena
    if (classes === 'all') return new Set(Array.from({ length: lists.count }, (_, i) => i))
    const known = classes.split(',').map(Number).filter(number => number <= allocator.classes)
    return new Set(known.flatMap(number => this.arena.listsOf(number - 1)))
  }

  /** One slice of what was asked for. */
  private crawl (): number {
    const now = this.host.now()
    const end = performance.now() + SLICE
    let seen = 0
    for (let list = 0; list < this.arena.lists.count; list++) {
      const at = LISTS + list
      while (this.words[at] > 0) {
        if (performance.now() >= end) return this.restAfter(seen)
        const step = this.eviction.crawlList(list, now, this.words[at])
        seen += step
        this.words[at] = step === 0 ? 0 : this.words[at] - step
      }
    }
    Atomics.store(this.words, RUNNING, 0)
    return LOOK
  }

  private restAfter (items: number): number {
    return Math.max(REST, items / ITEMS_PER_SLEEP * this.words[SLEEP] / MICROSECONDS)
  }
}
