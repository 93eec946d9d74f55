import type { Config, Host, LogLevel, Settings } from '@memplug/engine'

const MEGABYTE = 1 << 20

export const DEFAULT_SETTINGS: Settings = {
  memoryLimit: 64 * MEGABYTE,
  maxItemSize: MEGABYTE,
  maxKeySize: 250,
  evictions: true,
  cas: true,
  growthFactor: 1.25,
  minItemSpace: 48
}

/** A time that stands still until it is told to move. Begins at 2, the least a host may tell. */
export class Clock {
  readonly epoch: number
  time: number

  constructor (time = 2, epoch = Math.floor(Date.now() / 1000) - time) {
    this.time = time
    this.epoch = epoch
  }
}

/** A host without a server: its time is a Clock, its log a list. */
export class TestHost implements Host {
  readonly settings: Settings
  readonly config: Config
  readonly thread: number
  readonly threads: number
  readonly clock: Clock
  readonly lines: Array<[level: LogLevel, message: string, cause?: unknown]> = []
  shared: unknown = undefined

  constructor (
    settings: Partial<Settings> = {}, config: Config = {}, clock = new Clock(),
    { thread = 0, threads = 1 } = {}
  ) {
    this.settings = { ...DEFAULT_SETTINGS, ...settings }
    this.config = config
    this.clock = clock
    this.thread = thread
    this.threads = threads
  }

  get epoch (): number {
    return this.clock.epoch
  }

  now (): number {
    return this.clock.time
  }

  log (level: LogLevel, message: string, cause?: unknown): void {
    this.lines.push([level, message, cause])
  }
}
