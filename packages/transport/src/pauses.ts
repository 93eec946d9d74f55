import { performance } from 'node:perf_hooks'
import { getSystemErrorMap } from 'node:util'
import type { Notify } from './transport.js'

/** The same is not told again for so many milliseconds. */
const SILENCE = 60_000

/** Tells, now and then, that connections can't be accepted. */
export class Pauses {
  readonly #notify: Notify
  #nextAt = 0

  constructor (notify: Notify) {
    this.#notify = notify
  }

  /** A connection could not be accepted, because of the system's error. */
  tell (errno: number): void {
    const now = performance.now()
    if (now < this.#nextAt) return
    this.#nextAt = now + SILENCE
    const [, reason] = getSystemErrorMap().get(-Math.abs(errno)) ?? ['', `error ${errno}`]
    this.#notify('warn', `no connections can be accepted for the moment: ${reason}`)
  }
}
