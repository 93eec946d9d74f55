import type { Status } from '@memplug/engine'
import { putWord } from '@memplug/protocol'
import type { Link, Receiver } from '@memplug/transport'
import { NOWHERE } from './addresses-in-use.js'
import { readLoginFrame, type Exchange } from './auth/sasl.js'
import { readLogin } from './auth/text-login.js'
import { readFrame } from './binary/session.js'
import { Counter } from './counters.js'
import type { Core } from './core.js'
import { decideProtocol, noteBegin, refuseForMemory } from './parts.js'
import { Pending } from './pending.js'
import { Reading } from './reading.js'
import { Replies } from './replies.js'
import { skipLine, skipValue } from './skipping.js'
import { GetLine, readKeys } from './text/retrieval.js'
import { readLine } from './text/session.js'
import { Hold, type Finish, type Outcome, type Task } from './task.js'
import { spell } from './spell.js'
import { Over } from './turn.js'
import { abandonUpload, endValue, readEndOfValue, readValue } from './upload.js'
import type { CloseReason } from './watch/lines.js'
import type { Watcher } from './watch/watcher.js'

/** One client: finds its requests in the bytes that come, and sees to the order of replies. */
export class Connection implements Receiver {
  readonly id: number
  readonly core: Core
  readonly link: Link
  /** Of UDP: it lasts for one datagram, and is not counted. */
  readonly isDatagram: boolean
  reading: Reading = Reading.PROTOCOL
  /** LINE or FRAME: what is read between requests. */
  idle: Reading = Reading.PROTOCOL
  /** VALUE, REFUSED_VALUE: bytes to come. */
  left = 0
  /** VALUE: the task whose op.value is being filled; its Finish stands in it. */
  upload: Task | null = null
  /** KEYS: the line at hand. */
  readonly get = new GetLine()
  /** A multiget is at hand: its gets need not wait for each other. */
  inMultiget = false
  lastUsed: number
  /** When the request began that has not wholly come, if there is one. */
  partSince = 0
  /** What it watches by, if it does. */
  watcher: Watcher | null = null
  /** For watchers: how it came to its end. */
  closeReason: CloseReason = 'error'
  /** SASL: what the client has begun. */
  exchange: Exchange | null = null
  readonly #pending: Pending
  readonly #address: number
  readonly #replies = new Replies()
  #congested = false
  /** To be called once it is not congested any more, or over. */
  #onDrained: (() => void) | null = null
  #closing = false
  #ended = false
  #delay: NodeJS.Timeout | undefined
  #yielded = false

  /** `address` is where it is counted, among those in use. */
  constructor (core: Core, link: Link, isDatagram = false, address = NOWHERE) {
    this.core = core
    this.link = link
    this.isDatagram = isDatagram
    this.#address = address
    this.#pending = new Pending(core.buffers)
    this.id = core.nextId()
    this.lastUsed = core.clock.now
    if (isDatagram) return
    core.connections.add(this)
    core.counters[Counter.total_connections]++
    core.watchers.opened(this)
  }

  // --- from the transport

  receive (input: Buffer, start: number, end: number): void {
    this.core.counters[Counter.bytes_read] += end - start
    this.lastUsed = this.core.clock.now
    this.core.watchers.asker = this.id
    const keys = this.reading === Reading.KEYS ? this.get.keys : 0x7fffffff
    let isNew = true
    try {
      if (this.#pending.isEmpty) {
        const at = this.#consume(input, start, end)
        if (at < end && !this.#closing) this.#append(input, at, end)
      } else if (this.#append(input, start, end)) {
        isNew = this.#consumePending() > 0
      }
    } catch (error) {
      this.#break(error)
    }
    if (isNew && (this.hasPart || this.reading === Reading.KEYS)) noteBegin(this, keys)
    this.#endTurn()
  }

  /** Bytes of the value at hand have come straight to where they belong. */
  filled (count: number): void {
    this.core.counters[Counter.bytes_read] += count
    this.lastUsed = this.core.clock.now
    this.left -= count
    if (this.left > 0) return
    this.core.watchers.asker = this.id
    try {
      endValue(this)
    } catch (error) {
      this.#break(error)
    }
    this.#endTurn()
  }

  drained (): void {
    this.#congested = false
    this.#tellDrained()
    this.watcher?.send()
    this.#goOn()
  }

  sent (token: unknown): void {
    const task = token as Task
    this.core.guard.release(task.op)
    this.core.giveBack(task)
  }

  ended (): void {
    this.#ended = true
    this.closeReason = 'normal'
    this.#endTurn()
  }

  closed (): void {
    this.#closing = true
    if (!this.isDatagram) this.core.watchers.closed(this)
    clearTimeout(this.#delay)
    this.core.connections.delete(this)
    if (!this.isDatagram) this.core.shared.addConnections(this.core.shared.thread, -1)
    this.core.shared.addresses.leave(this.#address)
    this.#pending.clear()
    this.#replies.abandon(this.core)
    this.#tellDrained()
    abandonUpload(this)
  }

  // --- from the commands

  /** Makes room for `size` bytes of replies, OUTPUT_ROOM at most. */
  reserve (size: number): void {
    const { output } = this.core
    if (output.bytes.length - output.end < size) this.flush()
  }

  flush (): void {
    const { output, counters, settings } = this.core
    counters[Counter.bytes_written] += output.end - output.start
    this.link.flush()
    if (this.link.unsent > settings.outputLimit) this.#congested = true
  }

  /** Sends the value from where it lies, after what was written; the hold ends after that. */
  sendValue (task: Task): void {
    const kept = this.#keep(task)
    const { op } = kept
    const { counters, settings } = this.core
    this.link.gather?.()
    this.flush()
    counters[Counter.bytes_written] += op.valueEnd - op.valueStart
    this.link.sendHeld(op.value, op.valueStart, op.valueEnd, kept)
    if (this.link.unsent > settings.outputLimit) this.#congested = true
  }

  /** A reply of one word, unless it is not wanted. */
  reply (word: Buffer, quiet = false): void {
    if (quiet) return
    this.reserve(word.length)
    putWord(this.core.output, word)
    if (this.core.verbose) this.trace('>', '', word, 0, word.length)
  }

  /** Nothing more is read; the connection closes once the replies are sent. */
  end (reason: CloseReason = 'error'): void {
    this.#closing = true
    this.closeReason = reason
  }

  /** Reads nothing for so many milliseconds; then calls `then` and goes on. */
  delay (milliseconds: number, then: () => void): void {
    this.#delay = setTimeout(() => {
      this.#delay = undefined
      this.#goOn(then)
    }, milliseconds)
  }

  /** Replies can be written at once: nothing that was asked before is still unanswered. */
  get isInOrder (): boolean { return this.#replies.isEmpty }

  /** Finishes a task now, or when it is answered and the replies before it are written. */
  take (task: Task, answer: Status | Promise<Status>, finish: Finish, hold: Hold): void {
    if (typeof answer === 'number' && this.#replies.isEmpty) {
      this.finish(task, finish, answer)
      return
    }
    const kept = this.#await(task, finish, hold)
    this.#replies.add(kept)
    if (typeof answer !== 'number') {
      this.core.waiting.add(kept, answer)
      return
    }
    kept.outcome = answer
    kept.settled = true
  }

  /** Finishes a task by another answer when its turn to be finished had come. */
  takeAgain (task: Task, answer: Status | Promise<Status>, finish: Finish, hold: Hold): void {
    if (typeof answer === 'number') {
      finish(this, task, answer)
      return
    }
    const kept = this.#await(task, finish, hold)
    this.#replies.addFirst(kept)
    this.core.waiting.add(kept, answer)
  }

  finish (task: Task, finish: Finish, outcome: Outcome): void {
    task.kept = false
    finish(this, task, outcome)
    if (task !== this.core.task && !task.kept) this.core.giveBack(task)
  }

  /** Serves nothing more until the task that this gives is settled, and answered() is called. */
  suspend (finish: Finish): Task {
    const kept = this.#await(this.core.task, finish, Hold.NEVER)
    kept.settled = kept.abandoned = false
    this.#replies.add(kept)
    return kept
  }

  /** More is unsent than a connection may leave unread. */
  get isCongested (): boolean { return this.#congested }

  /** Settles when that is over, or the connection is. */
  drain (): Promise<void> {
    return new Promise(resolve => { this.#onDrained = resolve })
  }

  /** Requests before this one were answered in the same turn: their replies are not sent yet. */
  get hasUnflushed (): boolean {
    const { output } = this.core
    return output.end > output.start || !this.#replies.isEmpty
  }

  /** It is over, or will be once its replies are sent. */
  get isClosing (): boolean { return this.#closing }

  // --- from those who wait for the engine

  /** A task of this connection has settled. */
  answered (): void {
    this.core.watchers.asker = this.id
    try {
      this.#replies.finish(this)
    } catch (error) {
      this.#break(error)
    }
    this.#goOn()
  }

  /** A task is not waited for any more: another has its place. */
  replace (task: Task, other: Task): void { this.#replies.replace(task, other) }

  trace (direction: '<' | '>', what: string, bytes: Buffer, start: number, end: number): void {
    this.core.settings.log('debug', `${direction}${this.id} ${what}${spell(bytes, start, end)}`)
  }

  // ---

  #tellDrained (): void {
    this.#onDrained?.()
    this.#onDrained = null
  }

  #await (task: Task, finish: Finish, hold: Hold): Task {
    const kept = this.#keep(task)
    kept.finish = finish
    kept.hold = hold
    kept.connection = this
    kept.keepKey()
    return kept
  }

  /** The task outlives the call it is finished in. */
  #keep (task: Task): Task {
    if (task === this.core.task) this.core.takeTask()
    task.kept = true
    return task
  }

  /** Whether no request may be read now. */
  get isBlocked (): boolean {
    return this.#closing || this.#congested || this.#delay !== undefined ||
      (!this.#replies.isEmpty && !(this.inMultiget && this.#replies.hasRoom))
  }

  #goOn (first?: () => void): void {
    this.core.watchers.asker = this.id
    try {
      first?.()
      this.#consumePending()
    } catch (error) {
      this.#break(error)
    }
    this.#endTurn()
  }

  /** What is wrong with one request, its engine being such, costs no more than its connection. */
  #break (error: unknown): void {
    const { output, settings } = this.core
    settings.log('error', `a connection is closed: ${String(error)}`, error)
    this.core.foresight.end()
    output.end = output.start
    this.#closing = true
    this.link.destroy()
  }

  /** Whether there are bytes that were not served yet. */
  get hasPart (): boolean { return !this.#pending.isEmpty }

  #append (input: Buffer, start: number, end: number): boolean {
    return this.#pending.append(input, start, end) || refuseForMemory(this)
  }

  /** Answers how many bytes were served. */
  #consumePending (): number {
    const pending = this.#pending
    const served = pending.isEmpty ? 0 : this.#consume(pending.bytes, 0, pending.length)
    pending.drop(served)
    return served
  }

  /** Serves what bytes at to end hold; answers where the first unserved byte is. */
  #consume (input: Buffer, at: number, end: number): number {
    const { foresight, turn } = this.core
    turn.begin(this.#yielded)
    this.#yielded = false
    foresight.begin(input, at)
    while (at < end && !this.isBlocked) {
      if (at >= foresight.until) foresight.look(this.reading, input, at, end)
      if (this.reading <= Reading.FRAME && --turn.left < 0 && !this.#goesOn()) break
      const next = this.#step(input, at, end)
      if (next === at) {
        if (this.reading <= Reading.FRAME) turn.left++
        break
      }
      at = next
    }
    turn.end()
    foresight.end()
    return at
  }

  /** It has had its turn, and asks for more: whether it may go on. */
  #goesOn (): boolean {
    const over = this.core.turn.over()
    if (over === Over.CLOSE) this.#break('more replies at a time than there is memory for')
    if (over !== Over.YIELD) return over === Over.GO_ON
    this.#congested = this.#yielded = true
    setImmediate(() => { if (!this.#closing) this.drained() })
    return false
  }

  /** Serves one part; answers where it ended, which is `at` if more bytes are needed. */
  #step (input: Buffer, at: number, end: number): number {
    if (this.reading === Reading.PROTOCOL) decideProtocol(this, input[at])
    switch (this.reading) {
      case Reading.LINE: return readLine(this, input, at, end)
      case Reading.FRAME: return readFrame(this, input, at, end)
      case Reading.KEYS: return readKeys(this, input, at, end)
      case Reading.VALUE: return readValue(this, input, at, end)
      case Reading.END_OF_VALUE: return readEndOfValue(this, input, at, end)
      case Reading.REFUSED_VALUE: return skipValue(this, at, end)
      case Reading.REFUSED_LINE: return skipLine(this, input, at, end)
      case Reading.IGNORED: return end
      case Reading.LOGIN_LINE: return readLogin(this, input, at, end)
      case Reading.LOGIN_FRAME: return readLoginFrame(this, input, at, end)
      default: return at
    }
  }

  #endTurn (): void {
    this.flush()
    if (this.#closing || (this.#ended && this.#replies.isEmpty && !this.#congested &&
      this.#delay === undefined)) {
      this.#closing = true
      this.link.end()
    } else if (this.isBlocked) this.link.pause()
    else this.link.resume()
  }
}
