import type { Config, Host, LogLevel, Settings, Watch } from '@memplug/engine'
import type { Clock } from './clock.js'
import type { ServerSettings } from './options.js'

/** The server, as its engine sees it. */
export class EngineHost implements Host {
  readonly settings: Settings
  readonly config: Config
  readonly epoch: number
  readonly thread: number
  readonly threads: number
  shared: unknown
  watch?: Watch
  readonly #clock: Clock
  readonly #server: ServerSettings
  /** Ends the process for a reason. */
  readonly end: (reason: string) => never

  constructor (
    server: ServerSettings, clock: Clock, thread: number, threads: number,
    end: (reason: string) => never, shared?: unknown
  ) {
    this.thread = thread
    this.threads = threads
    this.shared = shared
    this.end = end
    this.settings = server
    this.config = server.engineConfig
    this.epoch = clock.epoch
    this.#clock = clock
    this.#server = server
  }

  now (): number { return this.#clock.now }

  log (level: LogLevel, message: string, cause?: unknown): void {
    this.#server.log(level, message, cause)
  }
}
