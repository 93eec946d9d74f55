import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { Status } from '@memplug/engine'
import type {
  AddStat, Administered, Answer, Engine, EngineInfo, Feature, Foreseeing, Host, Op, Scanner
} from '@memplug/engine'
import { seededRandom } from './random.js'

/** Each fault befalls every nth call of store, get, touch, remove, arithmetic and flush. */
export interface LateOptions {
  /** Of the random delays; the same seed gives the same. Default 1. */
  seed?: number
  /** Milliseconds of the longest delay, before and after the call. Default: a few turns. */
  delay?: number
  /** Answers TEMPORARY_FAILURE, without calling the engine. */
  failEvery?: number
  /** Rejects. */
  rejectEvery?: number
  /** Throws, before there is a promise. */
  throwEvery?: number
  /** Never settles. */
  hangEvery?: number
}

const MOST_TURNS = 3

/** Makes any engine slow, and flaky if asked: each answer is a promise, at a random delay. */
export class Late implements Engine, Scanner {
  readonly inner: Engine
  readonly #options: LateOptions
  readonly #random: () => number
  #calls = 0

  constructor (inner: Engine, options: LateOptions = {}) {
    this.inner = inner
    this.#options = options
    this.#random = seededRandom(options.seed ?? 1)
  }

  getInfo (): EngineInfo {
    const info = this.inner.getInfo()
    const features = new Set<Feature>(info.features).add('async')
    return { ...info, features: [...features] }
  }

  initialize (host: Host): Answer {
    return this.inner.initialize(host)
  }

  destroy (): Answer {
    return this.inner.destroy()
  }

  getStats (group: string, add: AddStat): Answer {
    return this.inner.getStats(group, add)
  }

  testCapacity (keyLength: number, valueLength: number): Status {
    return this.inner.testCapacity(keyLength, valueLength)
  }

  allocate (op: Op): Status {
    return this.inner.allocate(op)
  }

  release (op: Op): void {
    this.inner.release(op)
  }

  store (op: Op): Promise<Status> {
    return this.#later(() => this.inner.store(op))
  }

  get (op: Op): Promise<Status> {
    return this.#later(() => this.inner.get(op))
  }

  touch (op: Op): Promise<Status> {
    return this.#later(() => this.inner.touch(op))
  }

  remove (op: Op): Promise<Status> {
    return this.#later(() => this.inner.remove(op))
  }

  arithmetic (op: Op): Promise<Status> {
    return this.#later(() => this.inner.arithmetic(op))
  }

  flush (): Promise<Status> {
    return this.#later(() => this.inner.flush())
  }

  /** Late, and never at fault. */
  async scan (op: Op, cursor: number): Promise<number> {
    await this.#wait()
    return (this.inner as Engine & Scanner).scan(op, cursor)
  }

  administer (words: readonly string[], tell: (line: string) => void): Answer {
    return (this.inner as Engine & Administered).administer(words, tell)
  }

  foresee (
    key: Buffer, starts: Int32Array, ends: Int32Array, count: number, stored: number
  ): void {
    (this.inner as Engine & Foreseeing).foresee(key, starts, ends, count, stored)
  }

  #later (call: () => Answer): Promise<Status> {
    this.#calls++
    if (this.#isDue(this.#options.throwEvery)) throw new Error('Late: thrown on purpose')
    if (this.#isDue(this.#options.hangEvery)) return new Promise(() => {})
    return this.#answer(call,
      this.#isDue(this.#options.rejectEvery), this.#isDue(this.#options.failEvery))
  }

  async #answer (call: () => Answer, reject: boolean, fail: boolean): Promise<Status> {
    await this.#wait()
    if (reject) throw new Error('Late: rejected on purpose')
    if (fail) return Status.TEMPORARY_FAILURE
    const status = await call()
    await this.#wait()
    return status
  }

  #isDue (every = 0): boolean {
    return every > 0 && this.#calls % every === 0
  }

  async #wait (): Promise<void> {
    const { delay = 0 } = this.#options
    if (delay > 0) return sleep(this.#random() * delay)
    for (let left = Math.floor(this.#random() * (MOST_TURNS + 1)); left > 0; left--) await turn()
  }
}
