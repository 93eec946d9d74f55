import type { Watch } from './watch.js'

/** What the operator asked of every engine, by memcached's flags. An engine may ignore one. */
export interface Settings {
  /** -m: bytes for items. */
  readonly memoryLimit: number
  /** -I: bytes of the largest item: its key, its value and what the engine keeps beside them. */
  readonly maxItemSize: number
  /** --max-key-size: bytes, at most 65535. */
  readonly maxKeySize: number
  /** False with -M: a full engine answers NO_MEMORY instead of evicting. */
  readonly evictions: boolean
  /** False with -C: cas values are not kept. */
  readonly cas: boolean
  /** -f: from one slab class to the next. */
  readonly growthFactor: number
  /** -n: bytes for key, value and flags in the smallest chunk. */
  readonly minItemSpace: number
  /**
   * -o no_lru_crawler: false. What has expired stays until somebody asks for it, for its room, or
   * for a crawl. The other two are of that crawl: microseconds of rest after so many items, and
   * how many it looks at in a list, 0 being all.
   */
  readonly lruCrawler?: boolean
  readonly lruCrawlerSleep?: number
  readonly lruCrawlerToCrawl?: number
  /** -o hashpower: log2 of the hash table's buckets at first; 0 is the engine's affair. */
  readonly hashPower?: number
  /** -o no_hashexpand: false. It stays as it is. */
  readonly hashExpand?: boolean
  /** -L: the items' memory is to be in large pages. */
  readonly largePages?: boolean
  /** -k: it is not to be swapped out. */
  readonly lockMemory?: boolean
}

/** What --engine-config gave, name by name: the text after the `=`. */
export type Config = Readonly<Record<string, string>>

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** What the server offers its engine. An engine takes the time from here and nowhere else. */
export interface Host {
  readonly settings: Settings
  /** Checked by the engine in initialize(), with readConfig() or by hand. */
  readonly config: Config
  /** The Unix time, in seconds, of the host's time 0. */
  readonly epoch: number
  /** 0 is initialized first and destroyed last. */
  readonly thread: number
  readonly threads: number
  /** Set by thread 0 in initialize(); the other threads get a structured clone of it. */
  shared: unknown
  /** For what operators watch. Look at it when there is something to tell: it may be set late. */
  readonly watch?: Watch
  /** Seconds since `epoch`, an int32 of 2 or more. */
  now (): number
  log (level: LogLevel, message: string, cause?: unknown): void
  /**
   * Ends the process, whatever thread this is, with the reason on stderr: for an engine whose
   * items can't be trusted any more. A host may lack it.
   */
  end? (reason: string): never
}
