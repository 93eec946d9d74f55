import type { Link, Output, Receiver } from '@memplug/transport'

interface Part { bytes: Buffer, left: number, token?: unknown, isHeld: boolean }

/** Bytes of one read, at most: the one buffer that all links read into. */
const input = Buffer.alloc(1 << 16)
/** What the buffer is overwritten with after each read: nobody may look at it again. */
const GONE = 0xee

/**
 * A client and its socket in one, without a socket. What it sends comes in at once, cut as it
 * likes; what it is sent, it takes at once, or as much as it likes.
 */
export class FakeLink implements Link {
  readonly remote = 'tcp:127.0.0.1:4711'
  readonly local = 'tcp:127.0.0.1:11211'
  receiver!: Receiver
  /** The server has closed, or the client. */
  isClosed = false
  isPaused = false
  /** The most that was ever unsent. */
  mostUnsent = 0
  /** How often sendHeld() was called. */
  held = 0
  readonly #output: Output
  #room = Infinity
  #parts: Part[] = []
  #received: Buffer[] = []
  #inbox: Buffer[] = []
  #hasEnded = false
  #isEnding = false
  #isStuck = false
  #isReceiving = false

  constructor (output: Output) { this.#output = output }

  // --- what the client does

  /** Sends, in pieces of `size` bytes. */
  send (bytes: Buffer | string, size = input.length): void {
    const all = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
    for (let at = 0; at < all.length; at += size) this.#inbox.push(all.subarray(at, at + size))
    this.#deliver()
  }

  /** Sends no more, and reads on. */
  sendEnd (): void {
    this.#hasEnded = true
    this.#deliver()
  }

  /** Goes away. */
  leave (): void { this.destroy() }

  /** Reads nothing from now on. */
  stopReading (): void { this.#room = 0 }

  /** Reads so many bytes more. */
  read (count: number): void {
    this.#room += count
    this.#transmit()
  }

  readAll (): void { this.read(Infinity) }

  /** What came since the last call. */
  take (): Buffer {
    const all = Buffer.concat(this.#received)
    this.#received = []
    return all
  }

  takeText (): string { return this.take().toString('latin1') }

  /** Nothing is to be delivered. */
  get isQuiet (): boolean {
    return (this.#inbox.length === 0 && !this.#hasEnded) || this.isPaused || this.#isEnding
  }

  // --- what the server sees

  get unsent (): number { return this.#parts.reduce((sum, part) => sum + part.left, 0) }

  flush (): void {
    const output = this.#output
    if (output.end === 0) return
    const bytes = Buffer.from(output.bytes.subarray(0, output.end))
    output.flushes++
    output.end = 0
    this.#hand({ bytes, left: bytes.length, isHeld: false })
  }

  sendHeld (bytes: Buffer, start: number, end: number, token: unknown): void {
    this.held++
    this.#hand({ bytes: bytes.subarray(start, end), left: end - start, token, isHeld: true })
  }

  pause (): void { this.isPaused = true }

  resume (): void {
    if (!this.isPaused) return
    this.isPaused = false
    queueMicrotask(() => { this.#deliver() })
  }

  end (): void {
    if (this.#isEnding) return
    this.flush()
    this.#isEnding = true
    if (this.unsent === 0) this.destroy()
  }

  destroy (): void {
    if (this.isClosed) return
    this.isClosed = this.#isEnding = true
    queueMicrotask(() => {
      for (const part of this.#parts) if (part.isHeld) this.receiver.sent(part.token)
      this.#parts = []
      this.receiver.closed()
    })
  }

  // ---

  #deliver (): void {
    if (this.#isReceiving) return
    this.#isReceiving = true
    while (this.#inbox.length > 0 && !this.isPaused && !this.#isEnding) {
      const bytes = this.#inbox.shift()!
      const start = input.length - bytes.length >> 1
      bytes.copy(input, start)
      this.receiver.receive(input, start, start + bytes.length)
      input.fill(GONE, start, start + bytes.length)
      if (this.#output.end !== 0) throw new Error('a turn ended before its replies were flushed')
    }
    this.#isReceiving = false
    if (!this.#hasEnded || this.#inbox.length > 0 || this.isPaused || this.#isEnding) return
    this.#hasEnded = false
    this.receiver.ended()
  }

  #hand (part: Part): void {
    if (this.isClosed) {
      if (part.isHeld) this.receiver.sent(part.token)
      return
    }
    this.#parts.push(part)
    this.#transmit()
    this.mostUnsent = Math.max(this.mostUnsent, this.unsent)
    if (this.#parts.length > 0) this.#isStuck = true
  }

  /** The client takes what it has room for. */
  #transmit (): void {
    while (this.#parts.length > 0) {
      const part = this.#parts[0]!
      const size = Math.min(part.left, this.#room)
      const start = part.bytes.length - part.left
      // A copy, at the moment it goes out: what is held must be unchanged until then.
      this.#received.push(Buffer.from(part.bytes.subarray(start, start + size)))
      part.left -= size
      this.#room -= size
      if (part.left > 0) return
      this.#parts.shift()
      if (part.isHeld) queueMicrotask(() => { this.receiver.sent(part.token) })
    }
    if (this.#isEnding) this.destroy()
    else if (this.#isStuck) {
      this.#isStuck = false
      queueMicrotask(() => { if (!this.#isEnding) this.receiver.drained() })
    }
  }
}
