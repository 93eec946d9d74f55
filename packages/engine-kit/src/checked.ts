import { AssertionError } from 'node:assert/strict'
import { Status } from '@memplug/engine'
import type {
  AddStat, Administered, Answer, Engine, Feature, Foreseeing, Host, Op, Scanner
} from '@memplug/engine'
import type { Call } from './dirt.js'
import { Foreseen } from './foreseen.js'
import { Hold, Snapshot } from './snapshot.js'
import { mayAnswer, statusName } from './statuses.js'
import type { Answering } from './statuses.js'

const NO_KEYS = Buffer.alloc(0)
const NONE = new Int32Array(0)
const NOTHING_ASKED = { mode: 0, compare: false }

/**
 * Passes every call on to the engine, and asserts the contract on both sides of it: holds
 * balance and keep their bytes, an Op has one call at a time, only the statuses that a function
 * may answer, ranges that exist, keys and questions left as they were. What is released is
 * poisoned: to read it again throws.
 * A breach throws, or rejects with, an AssertionError, and is kept in `breaches`, because a
 * server turns what an engine throws into SERVER_ERROR.
 */
export class Checked implements Engine, Scanner {
  readonly inner: Engine
  readonly breaches: AssertionError[] = []
  readonly #features: ReadonlySet<Feature>
  readonly #busy = new Map<Op, Snapshot>()
  #foreseen = new Foreseen(NO_KEYS, NONE, NONE, 0)
  readonly #holds = new Map<Op, Hold>()
  #isReady = false
  #tellsCas = false

  constructor (inner: Engine) {
    this.inner = inner
    this.#features = new Set(inner.getInfo().features)
  }

  /** Items held now. */
  get holds (): number {
    return this.#holds.size
  }

  getInfo () {
    return this.inner.getInfo()
  }

  initialize (host: Host): Answer {
    this.#assert(!this.#isReady, 'initialize: the engine is ready already')
    this.#tellsCas = this.#features.has('cas') && host.settings.cas
    return this.#settle('initialize', this.inner.initialize(host), status => {
      this.#isReady = status === Status.SUCCESS
    })
  }

  destroy (): Answer {
    this.#assertReady('destroy')
    this.#assert(this.#busy.size === 0, `destroy: ${this.#busy.size} calls have not settled`)
    this.#assert(this.#holds.size === 0, `destroy: ${this.#holds.size} items are still held`)
    this.#isReady = false
    return this.#settle('destroy', this.inner.destroy())
  }

  getStats (group: string, add: AddStat): Answer {
    this.#assertReady('getStats')
    return this.#settle('getStats', this.inner.getStats(group, add))
  }

  flush (): Answer {
    this.#assertReady('flush')
    return this.#settle('flush', this.inner.flush())
  }

  testCapacity (keyLength: number, valueLength: number): Status {
    const status = this.inner.testCapacity(keyLength, valueLength)
    this.#assertStatus('testCapacity', status)
    return status
  }

  allocate (op: Op): Status {
    const answer = this.#call('allocate', op)
    this.#assert(typeof answer === 'number', 'allocate: answers now, never with a promise')
    return answer as Status
  }

  store (op: Op): Answer {
    const hold = this.#holds.get(op)
    this.#assert(hold?.item === op.item, 'store: with an item that allocate did not give')
    return this.#call('store', op)
  }

  get (op: Op): Answer {
    return this.#call('get', op)
  }

  touch (op: Op): Answer {
    return this.#call('touch', op)
  }

  remove (op: Op): Answer {
    return this.#call('remove', op)
  }

  arithmetic (op: Op): Answer {
    return this.#call('arithmetic', op)
  }

  release (op: Op): void {
    this.#assertReady('release')
    this.#assert(!this.#busy.has(op), 'release: during a call')
    const hold = this.#holds.get(op)
    this.#assert(hold !== undefined, 'release: of what is not held')
    this.#assert(hold?.item === op.item, 'release: op.item is not the one that was told')
    this.#holds.delete(op)
    this.#assert(hold?.isUnchanged() === true, 'release: the value changed while it was held')
    this.inner.release(op)
    op.item = op.value = undefined as never
  }

  scan (op: Op, cursor: number): number | Promise<number> {
    this.#assertReady('scan')
    this.#assert(!this.#busy.has(op) && !this.#holds.has(op), 'scan: with an Op in use')
    const next = (this.inner as Engine & Scanner).scan(op, cursor)
    this.#assert(typeof next === 'number' || this.#features.has('async'),
      "scan: a promise, without the feature 'async'")
    return next
  }

  administer (words: readonly string[], tell: (line: string) => void): Answer {
    this.#assertReady('administer')
    return this.#settle('administer',
      (this.inner as Engine & Administered).administer(words, tell))
  }

  foresee (
    key: Buffer, starts: Int32Array, ends: Int32Array, count: number, stored: number
  ): void {
    this.#assertReady('foresee')
    this.#assert(this.#foreseen.isUnchanged(), 'foresee: keys changed that had been foreseen')
    this.#foreseen = new Foreseen(key, starts, ends, count)
    ;(this.inner as Engine & Foreseeing).foresee(key, starts, ends, count, stored)
  }

  #call (call: Call, op: Op): Answer {
    this.#assertReady(call)
    this.#assert(!this.#busy.has(op), `${call}: two calls with one Op`)
    this.#assert(call === 'store' || !this.#holds.has(op), `${call}: the Op holds an item`)
    this.#busy.set(op, new Snapshot(op, this.#holds.get(op)))
    try {
      return this.#settle(call, this.inner[call](op),
        status => this.#told(call, op, status), () => this.#busy.delete(op), op)
    } catch (error) {
      this.#busy.delete(op)
      throw error
    }
  }

  #told (call: Call, op: Op, status: Status): void {
    const { changes } = this.#busy.get(op)!
    this.#busy.delete(op)
    const changed = changes()
    this.#assert(changed === undefined, `${call}: the engine changed ${changed}`)
    if (call !== 'store' && (status !== Status.SUCCESS || call === 'remove')) return
    const hold = new Hold(op, call === 'allocate')
    this.#holds.set(op, hold)
    const fault = hold.faultOf(call, status, this.#tellsCas, this.#features.has('meta'))
    this.#assert(fault === undefined, `${call}: ${fault}`)
  }

  /** Checks a status, whenever it comes. */
  #settle (
    call: Answering, answer: Answer, then: (status: Status) => void = () => {},
    failed: () => void = () => {}, asked: Pick<Op, 'mode' | 'compare'> = NOTHING_ASKED
  ): Answer {
    const { mode, compare } = asked
    const settled = (status: Status): Status => {
      then(status)
      this.#assertStatus(call, status, { mode, compare })
      return status
    }
    if (typeof answer === 'number') return settled(answer)
    this.#assert(typeof (answer as Promise<Status> | undefined)?.then === 'function',
      `${call}: answered neither a status nor a promise`)
    this.#assert(call === 'flush' || this.#features.has('async'),
      `${call}: a promise, without the feature 'async'`)
    return answer.then(settled, (error: unknown) => {
      failed()
      throw error
    })
  }

  #assertStatus (call: Answering, status: Status, asked = NOTHING_ASKED): void {
    this.#assert(mayAnswer(call, status, asked), `${call}: may not answer ${statusName(status)}` +
      (asked === NOTHING_ASKED ? '' : ` to mode ${asked.mode}, compare ${asked.compare}`))
  }

  #assertReady (call: string): void {
    this.#assert(this.#isReady, `${call}: the engine is not initialized`)
  }

  #assert (holds: boolean, message: string): void {
    if (holds) return
    const breach = new AssertionError({ message, stackStartFn: this.#assert })
    this.breaches.push(breach)
    throw breach
  }
}
