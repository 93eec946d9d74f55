import type { Status } from '@memplug/engine'
import { putWord } from '@memplug/protocol'
import type { Link, Receiver } from '@memplug/transport'
import { firstReading } from './auth/first-reading.js'
import { readLoginFrame } from './auth/sasl.js'
import { readLogin } from './auth/text-login.js'
import { readFrame } from './binary/session.js'
import { Counter } from './counters.js'
import type { Core } from './core.js'
import { Pending } from './pending.js'
import { Reading } from './reading.js'
import { Replies } from './replies.js'
import { skipLine, skipValue } from './skipping.js'
import { GetLine, readKeys } from './text/retrieval.js'
import { readLine } from './text/session.js'
import { Hold, TIMED_OUT, type Finish, type Outcome, type Task } from './task.js'
import { spell } from './spell.js'
import { endValue, readEndOfValue, readValue } from './upload.js'
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
  /** What it watches by, if it does. */
  watcher: Watcher | null = null
  /** For watchers: how it came to its end. */
  closeReason: CloseReason = 'error'
  /** SASL: a mechanism is at work. */
  saslStarted = false
  readonly #pending = new Pending()
  readonly #replies = new Replies()
  #congested = false
  /** To be called once it is not congested any more, or over. */
  #onDrained: (() => void) | null = null
  #closing = false
  #ended = false
  #delay: NodeJS.Timeout | undefined

  constructor (core: Core, link: Link, isDatagram = false) {
    this.core = core
    this.link = link
    this.isDatagram = isDatagram
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
    try {
      if (this.#pending.isEmpty) {
        const at = this.#consume(input, start, end)
        if (at < end && !this.#closing) this.#pending.append(input, at, end)
      } else {
        this.#pending.append(input, start, end)
        this.#consumePending()
      }
    } catch (error) {
      this.#break(error)
    }
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
    this.#replies.abandon(this.core)
    this.#tellDrained()
    if (this.upload === null) return
    this.core.guard.release(this.upload.op)
    this.core.giveBack(this.upload)
    this.upload = null
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

  /** From now on it is sent what happens, and what it sends is ignored. False: too many do. */
  watch (streams: number): boolean {
    this.watcher = this.core.watchers.add(this, streams)
    if (this.watcher === null) return false
    this.reading = this.idle = Reading.IGNORED
    return true
  }

  /** Reads nothing for so many milliseconds; then calls `then` and goes on. */
  delay (milliseconds: number, then: () => void): void {
    this.#delay = setTimeout(() => {
      this.#delay = undefined
      this.#goOn(then)
    }, milliseconds)
  }

  /** Skips `size` bytes that are no request. */
  refuseValue (size: number): void {
    this.left = size
    this.reading = size > 0 ? Reading.REFUSED_VALUE : this.idle
  }

  /** Skips the rest of the line. */
  refuseLine (): void {
    this.reading = Reading.REFUSED_LINE
    this.inMultiget = false
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

  /** In the words of memcached's `stats conns`. */
  get state (): string {
    if (this.#closing) return 'conn_closing'
    if (this.watcher !== null) return 'conn_watch'
    if (this.#congested) return 'conn_mwrite'
    if (this.reading === Reading.VALUE) return 'conn_nread'
    if (this.reading === Reading.REFUSED_VALUE) return 'conn_swallow'
    return 'conn_read'
  }

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

  overdue (task: Task): void {
    this.#replies.replace(task, this.core.newTask().standInFor(task, TIMED_OUT))
    this.core.waiting.abandon(task)
    this.core.settings.log('warn', 'the engine did not answer in time')
    this.answered()
  }

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

  #consumePending (): void {
    const pending = this.#pending
    if (pending.isEmpty) return
    pending.drop(this.#consume(pending.bytes, 0, pending.length))
  }

  /** Serves what bytes at to end hold; answers where the first unserved byte is. */
  #consume (input: Buffer, at: number, end: number): number {
    const { foresight } = this.core
    foresight.begin(at)
    while (at < end && !this.isBlocked) {
      if (at >= foresight.until) foresight.look(this.reading, input, at, end)
      const next = this.#step(input, at, end)
      if (next === at) break
      at = next
    }
    foresight.end()
    return at
  }

  /** Serves one part; answers where it ended, which is `at` if more bytes are needed. */
  #step (input: Buffer, at: number, end: number): number {
    if (this.reading === Reading.PROTOCOL) this.#decideProtocol(input[at])
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

  #decideProtocol (first: number): void {
    const reading = firstReading(this.core, first)
    if (reading === null) this.end()
    else this.reading = this.idle = reading
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
