import { performance } from 'node:perf_hooks'

/** memcached starts 2 seconds before it starts, so that the time 1 has always passed. */
const HEAD_START = 2

/** Seconds since `epoch`, read off a clock that never jumps, once a second like memcached's. */
export class Clock {
  /** Unix time of the clock's 0, in seconds. */
  readonly epoch = Math.floor(Date.now() / 1000) - HEAD_START
  now = HEAD_START
  readonly #started = performance.now()
  #timer: NodeJS.Timeout | undefined
  #alarmAt = Infinity
  #alarm = (): void => {}

  start (): void {
    this.#timer = setInterval(() => { this.#tick() }, 1000)
    this.#timer.unref()
  }

  stop (): void {
    clearInterval(this.#timer)
  }

  /** Calls `action` once `time` has come, in place of what was to be called before. */
  setAlarm (time: number, action: () => void): void {
    this.#alarmAt = time
    this.#alarm = action
  }

  clearAlarm (): void { this.#alarmAt = Infinity }

  /** Seconds since the start. */
  get uptime (): number { return this.now - HEAD_START }

  /** Unix time, in seconds. */
  get unix (): number { return this.epoch + this.now }

  #tick (): void {
    // A timer may come a little early: to the nearest second, it is that second.
    this.now = HEAD_START + Math.round((performance.now() - this.#started) / 1000)
    if (this.now < this.#alarmAt) return
    this.clearAlarm()
    this.#alarm()
  }
}
