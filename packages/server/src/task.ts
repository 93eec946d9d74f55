import { Op, type Status } from '@memplug/engine'
import { MetaFlags } from '@memplug/protocol'
import type { Connection } from './connection.js'

/** Beside every Status: the engine did not answer in time. */
export const TIMED_OUT = 0x87
export type Outcome = Status | typeof TIMED_OUT

/** Writes the reply to a task and ends its hold. */
export type Finish = (connection: Connection, task: Task, outcome: Outcome) => void

/** When the server holds the task's item, once its engine call is answered. */
export const Hold = { NEVER: 0, ON_SUCCESS: 1, ALWAYS: 2 } as const
export type Hold = (typeof Hold)[keyof typeof Hold]

/** One request on its way: its Op, and what the reply needs to know of it. Pooled. */
export class Task {
  /** Replaced where the server does what the engine does not. */
  op = new Op()
  /** Text: noreply. Binary: a quiet opcode. */
  quiet = false
  /** Text: the Command. Binary: the opcode. */
  command = 0
  opaque = 0
  #flags: MetaFlags | null = null
  /** A meta command's item, before the call that changes its expiry. */
  itemExpires = 0

  /** It is not to be given back when it has been finished: somebody else will. */
  kept = false

  // While the engine's promise is awaited.
  connection: Connection | null = null
  finish: Finish | null = null
  hold: Hold = Hold.NEVER
  outcome: Outcome = 0
  settled = false
  /** Nobody waits for the answer any more. */
  abandoned = false
  /** Milliseconds, of performance.now(). */
  deadline = 0
  #key: Buffer | null = null

  /** Of a meta command. */
  get flags (): MetaFlags {
    this.#flags ??= new MetaFlags()
    return this.#flags
  }

  /** Moves the key to a buffer of the task's own, for a call that outlives the input. */
  keepKey (): void {
    const { op } = this
    if (op.key === this.#key) return
    const length = op.keyEnd - op.keyStart
    if (this.#key === null || this.#key.length < length) {
      this.#key = Buffer.allocUnsafeSlow(Math.max(length, 256))
    }
    // Buffer's copy() makes an object.
    const { key, keyStart } = op
    for (let i = 0; i < length; i++) this.#key[i] = key[keyStart + i]
    op.key = this.#key
    op.keyStart = 0
    op.keyEnd = length
  }

  /** Takes the place of a task that is not waited for any more. */
  standInFor (task: Task, outcome: Outcome): this {
    this.quiet = task.quiet
    this.command = task.command
    this.opaque = task.opaque
    this.finish = task.finish
    this.hold = Hold.NEVER
    this.outcome = outcome
    this.settled = true
    return this
  }
}
