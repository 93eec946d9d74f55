// The global of this name is a getter, which is too slow to call for each answer.
import { Buffer } from 'node:buffer'
import {
  Status, type AddStat, type Administered, type Answer, type Engine, type Foreseeing,
  type Inspected, type Op, type Scanner
} from '@memplug/engine'
import type { Log } from './options.js'
import type { WatchedCalls } from './watch/watched-calls.js'

const LONGEST_STAT_NAME = 250
const LONGEST_STAT_VALUE = 1024
const NOBODY = new Int32Array(1)

/**
 * The engine, as commands call it: whatever it does, they get a Status or a promise that ends
 * in one. An exception, a rejection, an answer that is neither and a value out of its bounds
 * are logged and become INTERNAL.
 */
export class Guard {
  readonly #engine: Engine
  readonly #log: Log
  readonly #thread: number
  readonly #foreseeing: Foreseeing | undefined
  /** The streams that somebody watches, and who makes the calls then. */
  #streams: Int32Array = NOBODY
  #watched!: WatchedCalls

  constructor (engine: Engine, log: Log, thread = 0) {
    this.#engine = engine
    this.#log = log
    this.#thread = thread
    const { features } = engine.getInfo()
    this.#foreseeing = features.includes('foresight')
      ? engine as Engine & Foreseeing : undefined
  }

  get isForeseeing (): boolean { return this.#foreseeing !== undefined }

  /** As long as streams[0] is not 0 the calls are made by `watched`. */
  watchWith (streams: Int32Array, watched: WatchedCalls): void {
    this.#watched = watched
    this.#streams = streams
  }

  testCapacity (keyLength: number, valueLength: number): Status {
    try {
      const status: unknown = this.#engine.testCapacity(keyLength, valueLength)
      return status === Status.SUCCESS ? status : this.#status('testCapacity', status)
    } catch (error) {
      return this.#fault('testCapacity', error)
    }
  }

  /** Held after SUCCESS; op.value has room for exactly op.size bytes. */
  allocate (op: Op): Status {
    try {
      const status: unknown = this.#engine.allocate(op)
      if (status !== Status.SUCCESS) return this.#status('allocate', status)
      if (isValueWithin(op) && op.valueEnd - op.valueStart === op.size) return Status.SUCCESS
      this.#engine.release(op)
      return this.#fault('allocate', 'told a value of another size')
    } catch (error) {
      return this.#fault('allocate', error)
    }
  }

  release (op: Op): void {
    try {
      const answer: unknown = this.#engine.release(op)
      if (answer !== undefined) this.#disown('release', answer)
    } catch (error) {
      this.#fault('release', error)
    }
  }

  store (op: Op): Answer {
    if (this.#streams[0] !== 0) return this.#watched.store(op)
    try {
      const answer = this.#engine.store(op)
      return answer === Status.SUCCESS ? answer : this.#unheld('store', answer)
    } catch (error) {
      return this.#fault('store', error)
    }
  }

  get (op: Op): Answer {
    if (this.#streams[0] !== 0) return this.#watched.get(op)
    try {
      const answer = this.#engine.get(op)
      if (answer === Status.SUCCESS && isValueWithin(op)) return answer
      return answer === Status.NOT_FOUND ? answer : this.#held('get', op, answer)
    } catch (error) {
      return this.#fault('get', error)
    }
  }

  touch (op: Op): Answer {
    if (this.#streams[0] !== 0) return this.#watched.touch(op)
    try {
      return this.#held('touch', op, this.#engine.touch(op))
    } catch (error) {
      return this.#fault('touch', error)
    }
  }

  arithmetic (op: Op): Answer {
    if (this.#streams[0] !== 0) return this.#watched.arithmetic(op)
    try {
      return this.#held('arithmetic', op, this.#engine.arithmetic(op))
    } catch (error) {
      return this.#fault('arithmetic', error)
    }
  }

  /** `command` is what watchers are told; without it this is no deletion that was asked for. */
  remove (op: Op, command = ''): Answer {
    if (this.#streams[0] !== 0) return this.#watched.remove(op, command)
    try {
      return this.#unheld('remove', this.#engine.remove(op))
    } catch (error) {
      return this.#fault('remove', error)
    }
  }

  /** There was no room for a value: watchers are told. */
  noteRefused (op: Op, status: Status): void {
    if (this.#streams[0] !== 0) this.#watched.refused(op, status)
  }

  flush (): Answer {
    try {
      return this.#unheld('flush', this.#engine.flush())
    } catch (error) {
      return this.#fault('flush', error)
    }
  }

  /** What is told is text that can't end its line, nor pass for the end of all. */
  getStats (group: string, add: AddStat): Answer {
    try {
      const tell: AddStat = (name, value) => { add(statName(name), statValue(value)) }
      return this.#unheld('getStats', this.#engine.getStats(group, tell))
    } catch (error) {
      return this.#fault('getStats', error)
    }
  }

  /** NOT_FOUND too from an engine that is not Administered. The line told is one line. */
  administer (words: readonly string[], tell: (line: string) => void): Answer {
    const engine = this.#engine as Engine & Partial<Administered>
    if (!engine.getInfo().features.includes('admin')) return Status.NOT_FOUND
    try {
      const tellText = (line: unknown): void => { tell(statValue(line)) }
      return this.#unheld('administer', engine.administer!(words, tellText))
    } catch (error) {
      return this.#fault('administer', error)
    }
  }

  /** A thread, this one or another, has failed: the engine looks whether its items are whole. */
  inspect (thread: number, cause: string): void {
    const engine = this.#engine as Engine & Partial<Inspected>
    try {
      engine.inspect?.(thread, cause)
    } catch (error) {
      this.#log('error', `the engine's inspect: ${textOf(error)}`, error)
    }
  }

  /** The engine has the feature 'scan'. */
  get isScanner (): boolean { return this.#engine.getInfo().features.includes('scan') }

  /** The next cursor, 0 at the end, a negative number for a fault. Only of a scanner. */
  scan (op: Op, cursor: number): number | Promise<number> {
    const engine = this.#engine as Engine & Scanner
    try {
      const next: unknown = engine.scan(op, cursor)
      if (!isPromise(next)) return this.#checkScan(op, next)
      return Promise.resolve(next).then(
        found => this.#checkScan(op, found), error => -this.#fault('scan', error))
    } catch (error) {
      return -this.#fault('scan', error)
    }
  }

  #checkScan (op: Op, next: unknown): number {
    const isNext = typeof next === 'number' && Number.isSafeInteger(next) && next >= 0
    if (isNext && (next === 0 || isTold(op))) return next
    return -this.#fault('scan', `answered ${textOf(next)}, or told what is no item`)
  }

  /** Nothing for an engine that is not Foreseeing. */
  foresee (
    key: Buffer, starts: Int32Array, ends: Int32Array, count: number, stored: number
  ): void {
    try {
      this.#foreseeing?.foresee(key, starts, ends, count, stored)
    } catch (error) {
      this.#fault('foresee', error)
    }
  }

  #unheld (name: string, answer: unknown): Answer {
    if (!isPromise(answer)) return this.#status(name, answer)
    return Promise.resolve(answer).then(
      status => this.#status(name, status),
      error => this.#fault(name, error))
  }

  #held (name: string, op: Op, answer: unknown): Answer {
    if (!isPromise(answer)) return this.#checkHeld(name, op, this.#status(name, answer))
    return Promise.resolve(answer).then(
      status => this.#checkHeld(name, op, this.#status(name, status)),
      error => this.#fault(name, error))
  }

  #checkHeld (name: string, op: Op, status: Status): Status {
    if (status !== Status.SUCCESS || isValueWithin(op)) return status
    this.release(op)
    return this.#fault(name, 'told a value out of the bounds of its buffer')
  }

  #status (name: string, answer: unknown): Status {
    if (isStatus(answer)) return answer
    this.#disown(name, answer)
    return this.#fault(name, `answered ${textOf(answer)}, which is no status`)
  }

  /** Should the answer be a promise, nobody waits for it, and its rejection is only logged. */
  #disown (name: string, answer: unknown): void {
    if (isPromise(answer)) Promise.resolve(answer).catch(error => this.#fault(name, error))
  }

  #fault (name: string, cause: unknown): Status {
    this.#log('error', `the engine's ${name}: ${textOf(cause)}`, cause)
    this.inspect(this.#thread, `${name}: ${textOf(cause)}`)
    return Status.INTERNAL
  }
}

const statuses: ReadonlySet<unknown> = new Set(Object.values(Status))
const isStatus = (answer: unknown): answer is Status => statuses.has(answer)

function isPromise (answer: unknown): answer is Promise<unknown> {
  return typeof answer === 'object' && answer !== null && 'then' in answer &&
    typeof answer.then === 'function'
}

/** Some values have no text. */
function textOf (value: unknown): string {
  try {
    return String(value)
  } catch {
    return typeof value
  }
}

const statName = (name: unknown): string =>
  textOf(name).slice(0, LONGEST_STAT_NAME).replace(/[^!-\uffff]/g, '_') || '_'
const statValue = (value: unknown): string =>
  textOf(value).slice(0, LONGEST_STAT_VALUE).replace(/[^ -\uffff]/g, ' ')

/** A scan tells no value, but how long it is. */
function isTold ({ key, keyStart, keyEnd, valueStart, valueEnd }: Op): boolean {
  return Buffer.isBuffer(key) && keyStart >= 0 && keyStart <= keyEnd && keyEnd <= key.length &&
    valueStart <= valueEnd
}

function isValueWithin ({ value, valueStart, valueEnd }: Op): boolean {
  return Buffer.isBuffer(value) && valueStart === (valueStart | 0) && valueEnd === (valueEnd | 0) &&
    valueStart >= 0 && valueStart <= valueEnd && valueEnd <= value.length
}
