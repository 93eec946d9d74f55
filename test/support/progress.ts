import { performance } from 'node:perf_hooks'

const EVERY_MS = 10_000

/** Tells how far a long run is, and at its end how fast it was. */
export class Progress {
  readonly #title: string
  readonly #unit: string
  readonly #total: number
  readonly #start = performance.now()
  readonly #done: number[] = []
  #told = this.#start

  constructor (title: string, unit: string, total: number) {
    this.#title = title.trim()
    this.#unit = unit
    this.#total = total
  }

  /** One of those who work at once tells how much it has done with each call. */
  counter (): (done: number) => void {
    const at = this.#done.push(0) - 1
    return done => {
      this.#done[at] = done
      const now = performance.now()
      if (now - this.#told < EVERY_MS) return
      this.#told = now
      process.stdout.write(`${this.#title}: ${this.#sum()} of ${this.#total} ${this.#unit}, ` +
        `${this.#rate()}\n`)
    }
  }

  /** What there is done of all: from 0 to 1. */
  get part (): number {
    return this.#sum() / this.#total
  }

  end (figures: string): void {
    process.stdout.write(`${this.#title}: ${figures}; ${this.#rate()}\n`)
  }

  #sum (): number {
    return this.#done.reduce((sum, done) => sum + done, 0)
  }

  #rate (): string {
    const seconds = (performance.now() - this.#start) / 1000
    return `${seconds.toFixed(0)} s, ${(this.#sum() / seconds).toFixed(0)} a second`
  }
}
