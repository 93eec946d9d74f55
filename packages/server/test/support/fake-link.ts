import { OUTPUT_ROOM, type Link, type Output, type Receiver } from '@memplug/transport'

/** Where all servers write: what they write is gone when their turn ends. */
const bytes = Buffer.allocUnsafeSlow(2 * OUTPUT_ROOM)
export const newOutput = (): Output => ({ bytes, start: 0, end: 0, flushes: 0 })

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
  errno = 0
  /** What has been read before a pause comes all the same. */
  isPushy = false
  /** The most that was ever unsent. */
  mostUnsent = 0
  /** How often sendHeld() was called. */
  held = 0
  /** Bytes that came straight to where fill() said. */
  filled = 0
  readonly #output: Output
  #room = Infinity
  #parts: Part[] = []
  #received: Buffer[] = []
  /** What the client has sent and the server not read, in pieces of a size each. */
  #inbox: { bytes: Buffer, size: number }[] = []
  /** What fill() was given and has not come yet. */
  #target: Buffer = Buffer.alloc(0)
  #hasEnded = false
  #isEnding = false
  #isStuck = false
  #isReceiving = false

  constructor (output: Output) { this.#output = output }

  // --- what the client does

  /** Sends, in pieces of `size` bytes. */
  send (bytes: Buffer | string, size = input.length): void {
    const all = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
    if (all.length > 0) this.#inbox.push({ bytes: Buffer.from(all), size })
    this.#deliver()
  }

  /** Sends no more, and reads on. */
  sendEnd (): void {
    this.#hasEnded = true
    this.#deliver()
  }

  /** Goes away. */
  leave (): void { this.destroy() }

  /** Its socket fails with that error. */
  fail (errno: number): void {
    this.errno = errno
    this.destroy()
  }

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
    return (this.#inbox.length === 0 && !this.#hasEnded) || !this.#isOpen
  }

  // --- what the server sees

  get unsent (): number { return this.#parts.reduce((sum, part) => sum + part.left, 0) }

  flush (): void {
    const output = this.#output
    const { start, end } = output
    if (start === end) return
    const bytes = Buffer.from(output.bytes.subarray(start, end))
    output.flushes++
    output.start = end
    if (output.bytes.length - end < OUTPUT_ROOM) output.start = output.end = 0
    this.#hand({ bytes, left: bytes.length, isHeld: false })
  }

  sendHeld (bytes: Buffer, start: number, end: number, token: unknown): void {
    this.held++
    this.#hand({ bytes: bytes.subarray(start, end), left: end - start, token, isHeld: true })
  }

  fill (bytes: Buffer, start: number, end: number): void {
    this.#target = bytes.subarray(start, end)
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

  get #isOpen (): boolean { return (this.isPushy || !this.isPaused) && !this.#isEnding }

  #deliver (): void {
    if (this.#isReceiving) return
    this.#isReceiving = true
    while (this.#inbox.length > 0 && this.#isOpen) {
      this.#receive(this.#nextPiece())
      const { start, end } = this.#output
      if (start !== end) throw new Error('a turn ended before its replies were flushed')
    }
    this.#isReceiving = false
    if (!this.#hasEnded || this.#inbox.length > 0 || !this.#isOpen) return
    this.#hasEnded = false
    this.receiver.ended()
  }

  #receive (bytes: Buffer): void {
    const count = bytes.copy(this.#target)
    this.#target = this.#target.subarray(count)
    this.filled += count
    if (count > 0) this.receiver.filled!(count)
    if (count === bytes.length || this.#isEnding) return
    const start = input.length - bytes.length >> 1
    const end = start + bytes.copy(input, start, count)
    this.receiver.receive(input, start, end)
    input.fill(GONE, start, end)
  }

  #nextPiece (): Buffer {
    const first = this.#inbox[0]
    const piece = first.bytes.subarray(0, first.size)
    first.bytes = first.bytes.subarray(piece.length)
    if (first.bytes.length === 0) this.#inbox.shift()
    return piece
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
      const part = this.#parts[0]
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
