import { inspect } from 'node:util'
import type { LogLevel } from '@memplug/engine'
import type { Log } from '@memplug/server'
import type { Logger as Winston } from 'winston'

/** Each -v shows one more; without any, the first two are shown. */
const severities = { error: 0, warn: 1, info: 2, debug: 3, silly: 4 }

/** From this many -v an error comes with its stack. */
const SHOW_STACK = 2

/**
 * The log on stderr, one line a message, without more than the message, as memcached's.
 * winston takes some 50 ms to load: lines wait until open(), which is for after the start.
 */
export class Logger {
  readonly #verbosity: number
  readonly #load: () => Promise<Winston>
  #waiting: { level: LogLevel, text: string }[] = []
  #winston: Winston | undefined
  #flushing: Promise<void> | undefined
  #isOpen = false

  constructor (verbosity: number, load = loadWinston) {
    this.#verbosity = verbosity
    this.#load = load
  }

  readonly log: Log = (level, message, cause) => {
    if (severities[level] > severities.warn + this.#verbosity) return
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

  /** What waits, for someone else to write. */
  take (): string[] {
    return this.#waiting.splice(0).map(({ text }) => text)
  }

  /** In one line, or with its stack. */
  describe (fault: unknown): string {
    if (fault instanceof Error && this.#verbosity < SHOW_STACK) {
      return fault.message.replace(/\s*\n\s*/g, ' ')
    }
    return inspect(fault)
  }

  #flush (): Promise<void> {
    this.#flushing ??= this.#writeWaiting()
    return this.#flushing
  }

  async #writeWaiting (): Promise<void> {
    try {
      this.#winston = await this.#load()
    } catch {
      // As when no more files can be opened, which is a thing to log.
    }
    for (const { level, text } of this.#waiting) {
      if (this.#winston === undefined) process.stderr.write(`${text}\n`)
      else this.#winston.log(level, text)
    }
    this.#waiting = []
    this.#flushing = undefined
  }
}

async function loadWinston (): Promise<Winston> {
  const { createLogger, format, transports } = await import('winston')
  return createLogger({
    level: 'silly',
    levels: severities,
    format: format.printf(info => String(info.message)),
    transports: new transports.Stream({ stream: process.stderr })
  })
}
