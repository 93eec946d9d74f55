import { Status, type Op } from '@memplug/engine'
import { putBytes, type Sink } from '@memplug/protocol'
import type { Connection } from '../connection.js'
import type { Task } from '../task.js'
import { walkItems } from '../walk.js'
import type { Classes } from './classes.js'
import type { Format } from './format.js'

/** Lines are gathered up to so many bytes. */
const CHUNK = 1 << 15
/** A line: a key of 65535 bytes, each as %XX, and what is told of it. */
const LONGEST_LINE = 3 * 65535 + 256
/** A reader that takes nothing for so long is let go, in milliseconds: others want to dump. */
const PATIENCE = 60_000

/**
 * Writes all items to a connection that is suspended meanwhile, a slice at a time, and no faster
 * than the client reads: a megabyte of lines waits for it at most. Answers how it ended.
 */
export class Dump {
  readonly #connection: Connection
  readonly #task: Task
  readonly #classes: Classes
  readonly #format: Format
  readonly #lines: Sink = { bytes: Buffer.allocUnsafe(CHUNK + LONGEST_LINE), end: 0 }

  constructor (connection: Connection, task: Task, classes: Classes, format: Format) {
    this.#connection = connection
    this.#task = task
    this.#classes = classes
    this.#format = format
  }

  async run (): Promise<Status> {
    const status = await walkItems(this.#connection.core, op => this.#visit(op))
    if (!this.#task.abandoned) this.#send()
    return status
  }

  /** Goes on as long as the client is there. */
  #visit (op: Op): boolean | Promise<boolean> {
    if (this.#task.abandoned) return false
    if (this.#classes !== null && !this.#classes.has(op.itemClass || 1)) return true
    this.#format(this.#lines, op, this.#connection.core.clock.epoch)
    if (this.#lines.end < CHUNK) return true
    this.#send()
    return this.#connection.isCongested ? this.#awaitReader() : true
  }

  #send (): void {
    const connection = this.#connection
    const { output } = connection.core
    const lines = this.#lines
    for (let at = 0; at < lines.end; at += CHUNK) {
      const end = Math.min(lines.end, at + CHUNK)
      connection.reserve(end - at)
      putBytes(output, lines.bytes, at, end)
      connection.flush()
    }
    lines.end = 0
  }

  async #awaitReader (): Promise<boolean> {
    const { link } = this.#connection
    let unsent = link.unsent
    const patrol = setInterval(() => {
      if (link.unsent >= unsent) link.destroy()
      unsent = link.unsent
    }, PATIENCE).unref()
    await this.#connection.drain()
    clearInterval(patrol)
    return !this.#task.abandoned
  }
}
