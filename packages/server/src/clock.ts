import type { Shared } from './shared.js'

/** memcached starts 2 seconds before it starts, so that the time 1 has always passed. */
const HEAD_START = 2
const NANOSECONDS = 1_000_000_000n

/** Where the server's time starts: the same on every thread. */
export interface Epoch {
  /** Unix time of the clock's 0, in seconds. */
  readonly unix: number
  /** The same instant, on the clock that never jumps, in nanoseconds. */
  readonly steady: bigint
  /** The clock's time when the server started. */
  readonly started: number
}

export function newEpoch (): Epoch {
  return epochAt(HEAD_START)
}

/** The epoch of a server that has been stopped: the clock has gone on, and never goes back. */
export function resumedEpoch (unix: number, now: number): Epoch {
  return epochAt(Math.max(now, Math.floor(Date.now() / 1000) - unix))
}

function epochAt (now: number): Epoch {
  return {
    unix: Math.floor(Date.now() / 1000) - now,
    steady: process.hrtime.bigint() - BigInt(now) * NANOSECONDS,
    started: now
  }
}

/** Seconds since the epoch, told once a second like memcached's. Thread 0 winds it. */
export class Clock {
  readonly epoch: number
  readonly #steady: bigint
  readonly #started: number
  readonly #shared: Shared
  #timer: NodeJS.Timeout | undefined

  constructor (shared: Shared, epoch: Epoch) {
    this.#shared = shared
    this.epoch = epoch.unix
    this.#steady = epoch.steady
    this.#started = epoch.started
    if (shared.thread === 0) shared.now = epoch.started
  }

  get now (): number { return this.#shared.now }

  /** Winds the clock; `tick` is called each second. */
  start (tick: () => void): void {
    this.#timer = setInterval(() => {
      this.#wind()
      tick()
    }, 1000)
    this.#timer.unref()
  }

  stop (): void { clearInterval(this.#timer) }

  /** Seconds since the start. */
  get uptime (): number { return this.now - this.#started }

  /** Unix time, in seconds. */
  get unix (): number { return this.epoch + this.now }

  /** debugtime: all threads' clock is `seconds` ahead from now on, more than it was. */
  shift (seconds: number): void {
    this.#shared.timeShift += seconds
    this.#shared.now = Math.max(HEAD_START, this.#shared.now + seconds)
  }

  /** debugtime: it stands still, or goes again. */
  stand (still: boolean): void { this.#shared.timeStopped = still }

  #wind (): void {
    if (this.#shared.timeStopped) return
    // A timer may come a little early: to the nearest second, it is that second.
    const passed = process.hrtime.bigint() - this.#steady + NANOSECONDS / 2n
    this.#shared.now = Math.max(HEAD_START, Number(passed / NANOSECONDS) + this.#shared.timeShift)
  }
}
