import process from 'node:process'
import {
  Answer, EVENT_ROWS, INPUT_SIZE, ROW, SLOT_WORDS, type Addon, type Sockets, type Turn
} from './epoll-addon.js'
import type { EpollLink } from './epoll-link.js'
import { OUTPUT_ROOM, type Batch, type Output } from './transport.js'

/** Connections of one transport, at most. The memory behind it is not used before they come. */
const MOST_CONNECTIONS = 1 << 18

/** Bytes of replies that are gathered before they are sent, beside OUTPUT_ROOM. */
const GATHERED = 3 << 17
const ANSWER_ROWS = 1024

/** Bytes sent from where they lie that are gathered. */
const HELD_MOST = 1 << 21

/** What a transport's links share: the tables between them and the addon. */
export class EpollWire {
  readonly input = Buffer.allocUnsafeSlow(INPUT_SIZE)
  readonly events = new Int32Array(EVENT_ROWS * ROW)
  readonly slots = new Int32Array(MOST_CONNECTIONS * SLOT_WORDS)
  readonly output: Output = {
    bytes: Buffer.allocUnsafeSlow(GATHERED + OUTPUT_ROOM), start: 0, end: 0, flushes: 0
  }

  readonly batch: Batch = { bytes: this.input, end: 0, over: () => {} }
  readonly sockets: Sockets
  /** By slot. */
  readonly links: (EpollLink | undefined)[] = []
  /** Those whose receivers must be told that they are over. */
  readonly gone: EpollLink[] = []
  /** What is recorded will be sent: there is no need to see to it. */
  inTurn = false
  /** The addon has something to tell. */
  hasNews = false
  readonly #answers = new Int32Array(ANSWER_ROWS * ROW)
  readonly #settle: () => void
  #recorded = 0
  #heldBytes = 0
  #isScheduled = false

  constructor (addon: Addon, turn: Turn, settle: () => void) {
    this.#settle = () => {
      this.#isScheduled = false
      settle()
    }
    this.sockets = addon.open(
      turn, this.input, this.output.bytes, this.events, this.#answers, this.slots)
  }

  get isIdle (): boolean {
    return this.#recorded === 0 && !this.hasNews && this.gone.length === 0
  }

  /** Bytes start to end of the output are the link's, or one of Answer with its value. */
  record (slot: number, generation: number, what: number, value: number): void {
    const answers = this.#answers
    const at = this.#recorded
    if (at > 0 && answers[at - 1] === what && answers[at - 2] >= 0 && what >= 0 &&
      answers[at - 4] === slot && answers[at - 3] === generation) {
      answers[at - 1] = value
    } else {
      answers[at] = slot
      answers[at + 1] = generation
      answers[at + 2] = what
      answers[at + 3] = value
      this.#recorded = at + ROW
    }
    const { output } = this
    if (output.bytes.length - output.end < OUTPUT_ROOM || this.#recorded === answers.length) {
      this.send()
    }
    if (!this.inTurn) this.schedule()
  }

  /** Throws a RangeError unless start to end is inside of `bytes`. */
  recordHeld (
    slot: number, generation: number, bytes: Buffer, start: number, end: number
  ): void {
    let held = this.sockets.hold(bytes, start, end)
    if (held < 0) {
      this.send()
      held = this.sockets.hold(bytes, start, end)
      if (held < 0) throw new RangeError(`no bytes ${start} to ${end} to send`)
    }
    this.#heldBytes += end - start
    this.record(slot, generation, Answer.SEND_HELD, held)
    if (this.#heldBytes >= HELD_MOST) this.send()
  }

  /** Sends what is recorded. */
  send (): void {
    if (this.#recorded === 0) return
    if (this.sockets.send(this.#recorded / ROW) !== 0) this.hasNews = true
    this.#recorded = 0
    this.#heldBytes = 0
    const { output } = this
    const { start, end } = output
    if (start === 0) return
    if (end > start) output.bytes.copyWithin(0, start, end)
    output.start = 0
    output.end = end - start
    output.flushes++
  }

  /** Settles when the code that runs now is done. */
  schedule (): void {
    if (this.#isScheduled || this.inTurn) return
    this.#isScheduled = true
    process.nextTick(this.#settle)
  }

  /** Settles after others had their turn. */
  scheduleLater (): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(this.#settle)
  }
}
