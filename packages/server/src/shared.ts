import { AddressesInUse, type SharedAddresses } from './addresses-in-use.js'
import { Throttle } from './auth/throttle.js'
import { Streams } from './watch/streams.js'
import { COUNTERS, type CounterName, Counter } from './counters.js'
import { Gauge } from './gauges.js'
import type { ServerSettings } from './options.js'
import { Prefixes } from './stats/prefixes.js'

/** Words of `words` before those of each thread. */
const NOW = 0
const VERBOSITY = 1
const FLUSH_AT = 2
const LRU_CRAWLER = 3
const CRAWLER_SLEEP = 4
const TO_CRAWL = 5
const DETAIL = 6
const DUMPING = 7
const DUMPS = 8
const TIME_SHIFT = 9
const TIME_STOPPED = 10
const CERTIFICATES_AT = 63
const HEADER = 64

/** What the threads of a server share: survives a structured clone. */
export interface SharedServer {
  readonly threads: number
  readonly words: SharedArrayBuffer
  readonly counters: SharedArrayBuffer
  readonly gauges: SharedArrayBuffer
  readonly prefixes: SharedArrayBuffer
  readonly streams: SharedArrayBuffer
  readonly addresses: SharedAddresses
  /** Throttle's. */
  readonly logins: SharedArrayBuffer
}

/** The server's state that belongs to no thread, and each thread's counters. */
export class Shared {
  readonly memory: SharedServer
  readonly thread: number
  /** This thread's own: written without locks, read by all. */
  readonly counters: Float64Array
  /** The same of what goes up and down, by Gauge. */
  readonly gauges: Float64Array
  /** What is watched. */
  readonly streams: Streams
  /** Of all connections. */
  readonly addresses: AddressesInUse
  readonly #all: Float64Array
  readonly #words: Int32Array

  /** `stats detail`: what was asked for of each prefix. */
  readonly prefixes: Prefixes

  /** `perAddress`: most connections from one address; 0 is any number. */
  static reserve (threads: number, perAddress = 0): SharedServer {
    return {
      threads,
      words: new SharedArrayBuffer((HEADER + 2 * threads) * 4),
      counters: new SharedArrayBuffer(threads * COUNTERS * 8),
      gauges: new SharedArrayBuffer(threads * Gauge.COUNT * 8),
      prefixes: Prefixes.reserve(threads),
      streams: Streams.reserve(threads),
      addresses: AddressesInUse.reserve(threads, perAddress),
      logins: Throttle.reserve()
    }
  }

  constructor (memory: SharedServer, thread: number) {
    this.memory = memory
    this.thread = thread
    this.#words = new Int32Array(memory.words)
    this.#all = new Float64Array(memory.counters)
    this.addresses = new AddressesInUse(memory.addresses, thread)
    this.streams = new Streams(memory.streams, memory.threads)
    this.counters = new Float64Array(memory.counters, thread * COUNTERS * 8, COUNTERS)
    this.gauges = new Float64Array(memory.gauges, thread * Gauge.COUNT * 8, Gauge.COUNT)
    this.prefixes = new Prefixes(memory.prefixes, thread)
  }

  /** Seconds on the server's clock, which thread 0 winds. */
  get now (): number { return this.#words[NOW] }
  set now (seconds: number) { this.#words[NOW] = seconds }

  get verbosity (): number { return this.#words[VERBOSITY] }
  set verbosity (level: number) { this.#words[VERBOSITY] = level }

  /** When the certificates were read, on the server's clock. */
  get certificatesAt (): number { return this.#words[CERTIFICATES_AT] }
  set certificatesAt (time: number) { this.#words[CERTIFICATES_AT] = time }

  /** When a delayed flush_all is due; 0 if none is. */
  get flushAt (): number { return this.#words[FLUSH_AT] }
  set flushAt (time: number) { this.#words[FLUSH_AT] = time }

  /** What the operator asked for at the start, and may change while the server runs. */
  begin (settings: ServerSettings): void {
    this.lruCrawler = settings.lruCrawler
    this.crawlerSleep = settings.lruCrawlerSleep
    this.toCrawl = settings.lruCrawlerToCrawl
    this.detail = settings.detail
  }

  /** The LRU crawler is enabled; how long it rests, and how many items it looks at in a list. */
  get lruCrawler (): boolean { return this.#words[LRU_CRAWLER] === 1 }
  set lruCrawler (enabled: boolean) { this.#words[LRU_CRAWLER] = Number(enabled) }
  get crawlerSleep (): number { return this.#words[CRAWLER_SLEEP] }
  set crawlerSleep (microseconds: number) { this.#words[CRAWLER_SLEEP] = microseconds }
  get toCrawl (): number { return this.#words[TO_CRAWL] >>> 0 }
  set toCrawl (items: number) { this.#words[TO_CRAWL] = items }

  /** `stats detail on`. */
  get detail (): boolean { return this.#words[DETAIL] === 1 }
  set detail (on: boolean) { this.#words[DETAIL] = Number(on) }

  /** Takes the one turn to dump items that there is for all threads; false if it is taken. */
  beginDump (): boolean {
    if (Atomics.compareExchange(this.#words, DUMPING, 0, this.thread + 1) !== 0) return false
    Atomics.add(this.#words, DUMPS, 1)
    return true
  }

  /** Gives back the turn of a thread, which may have died with it. */
  endDump (thread = this.thread): void {
    Atomics.compareExchange(this.#words, DUMPING, thread + 1, 0)
  }

  get isDumping (): boolean { return Atomics.load(this.#words, DUMPING) !== 0 }
  /** Dumps since the start, or the last reset. */
  get dumps (): number { return this.#words[DUMPS] }

  /** debugtime: seconds that the clock is ahead, and whether it stands still. */
  get timeShift (): number { return this.#words[TIME_SHIFT] }
  set timeShift (seconds: number) { this.#words[TIME_SHIFT] = seconds }
  get timeStopped (): boolean { return this.#words[TIME_STOPPED] === 1 }
  set timeStopped (stopped: boolean) { this.#words[TIME_STOPPED] = Number(stopped) }

  /** Connections that are open, or handed over and about to be, on all threads. */
  get connections (): number {
    let sum = 0
    for (let thread = 0; thread < this.memory.threads; thread++) sum += this.connectionsOf(thread)
    return sum
  }

  connectionsOf (thread: number): number {
    return Atomics.load(this.#words, HEADER + thread)
  }

  addConnections (thread: number, count: number): void {
    Atomics.add(this.#words, HEADER + thread, count)
  }

  clearConnections (thread: number): void {
    Atomics.store(this.#words, HEADER + thread, 0)
  }

  /** Descriptors that a thread has taken of those it was handed; comes round at 2^32. */
  taken (thread: number): number {
    return Atomics.load(this.#words, HEADER + this.memory.threads + thread)
  }

  /** This thread takes the next one. */
  take (): void {
    Atomics.add(this.#words, HEADER + this.memory.threads + this.thread, 1)
  }

  /** A counter's value over all threads. */
  sum (name: CounterName): number {
    let sum = 0
    for (let at = Counter[name]; at < this.#all.length; at += COUNTERS) sum += this.#all[at]
    return sum
  }

  /** A gauge's value over all threads. */
  sumGauge (gauge: number): number {
    const all = new Float64Array(this.memory.gauges)
    let sum = 0
    for (let at = gauge; at < all.length; at += Gauge.COUNT) sum += all[at]
    return sum
  }

  /** Zeroes the counters, of all threads but for what is on its way just now. */
  reset (): void {
    this.#all.fill(0)
    this.#words[DUMPS] = 0
    this.prefixes.clear()
  }
}
