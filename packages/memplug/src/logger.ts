import { inspect } from 'node:util'
import type { LogLevel } from '@memplug/engine'
import type { Log } from '@memplug/server'
import type { Logger as Winston } from 'winston'

/** What winston shows, by the number of -v. */
const levels = ['warn', 'info', 'debug', 'silly'] as const

const leastVerbosity: Record<LogLevel, number> = { error: 0, warn: 0, info: 1, debug: 2 }

/** From this many -v an error comes with its stack. */
const SHOW_STACK = 2

/**
 * The log on stderr, one line a message, without more than the message, as memcached's.
 * winston takes some 40 ms to load: lines wait until open(), which is for after the start.
 */
export class Logger {
  readonly #verbosity: number
  readonly #level: (typeof levels)[number]
  readonly #waiting: { level: LogLevel, text: string }[] = []
  #winston: Winston | undefined
  #loading: Promise<void> | undefined
  #isOpen = false

  constructor (verbosity: number) {
    this.#verbosity = verbosity
    this.#level = levels[Math.min(verbosity, levels.length - 1)]!
  }

  readonly log: Log = (level, message, cause) => {
    if (!this.#shows(level)) return
    const text = cause === undefined ? message : `${message}: ${this.describe(cause)}`
    if (this.#winston !== undefined) {
      this.#winston.log(level, text)
      return
    }
    this.#waiting.push({ level, text })
    if (this.#isOpen) void this.#flush()
  }

  /** Writes what waits, and from then on everything as it comes. */
  async open (): Promise<void> {
    this.#isOpen = true
    if (this.#waiting.length > 0) await this.#flush()
  }

  /** In one line, or with its stack. */
  describe (fault: unknown): string {
    if (fault instanceof Error && this.#verbosity < SHOW_STACK) return oneLine(fault.message)
    return inspect(fault)
  }

  #flush (): Promise<void> {
    this.#loading ??= this.#load()
    return this.#loading
  }

  async #load (): Promise<void> {
    const { createLogger, format, transports } = await import('winston')
    this.#winston = createLogger({
      level: this.#level,
      levels: { error: 0, warn: 1, info: 2, debug: 3, silly: 4 },
      format: format.printf(info => String(info.message)),
      transports: new transports.Stream({ stream: process.stderr })
    })
    for (const { level, text } of this.#waiting.splice(0)) this.#winston.log(level, text)
  }

  #shows (level: LogLevel): boolean {
    return this.#verbosity >= leastVerbosity[level]
  }
}

export function oneLine (text: string): string {
  return text.replace(/\s*\n\s*/g, ' ')
}
