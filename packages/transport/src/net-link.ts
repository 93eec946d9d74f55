import net from 'node:net'
import process from 'node:process'
import { forgetBytes, rememberBytes } from './copier.js'
import { Target } from './target.js'
import { OUTPUT_ROOM, type Link, type Output, type Receiver } from './transport.js'

const NOTHING = Buffer.alloc(0)

/** A socket's handle, which Node names but does not document. */
export interface Accepted { _handle: { readonly fd?: number } | null }

/** One connection over Node's sockets. */
export class NetLink implements Link {
  readonly local: string
  readonly remote: string
  errno = 0
  readonly #socket: net.Socket
  readonly #output: Output
  readonly #input: Buffer | null
  readonly #target = new Target()
  #receiver: Receiver | undefined
  #paused = false
  #ending = false
  #undrained = false
  #gathers = false

  /** @param input what sockets are read into; null for one whose chunks are its own: TLS's */
  constructor (
    accepted: net.Socket, input: Buffer | null, output: Output, local: string, remote: string
  ) {
    this.#input = input
    this.#output = output
    this.local = local
    this.remote = remote
    this.#socket = this.#readInto(accepted)
    // 'close' follows. What is wrong with TLS is told by its transport.
    this.#socket.on('error', ({ errno = 0 }: NodeJS.ErrnoException) => {
      if (!this.#ending && input !== null) this.errno = Math.abs(errno)
    })
  }

  get unsent (): number { return this.#socket.writableLength }

  start (receiver: Receiver, closed: () => void): void {
    this.#receiver = receiver
    const socket = this.#socket
    socket.on('end', () => { if (!this.#ending) receiver.ended() })
    socket.on('close', () => {
      closed()
      receiver.closed()
    })
    if (!this.#paused) socket.resume()
  }

  /** Sends what the Output holds and closes without having started. */
  refuse (): void {
    this.flush()
    this.#ending = true
    this.#socket.end(() => { this.#socket.destroy() })
  }

  gather (): void {
    if (this.#gathers || this.#ending) return
    this.#gathers = true
    this.#socket.cork()
    process.nextTick(this.#scatter)
  }

  flush (): void {
    const output = this.#output
    const { start, end } = output
    if (end === start) return
    output.flushes++
    output.end = start
    if (this.#ending || this.#socket.destroyed) return
    if (this.#input === null || this.#gathers || this.#socket.writableLength > 0) {
      this.#write(Buffer.from(output.bytes.subarray(start, end)))
      return
    }
    this.#write(output.bytes.subarray(start, end))
    // What the kernel did not take at once is sent later from where it is.
    if (this.#socket.writableLength === 0) return
    forgetBytes(output.bytes)
    output.bytes = Buffer.allocUnsafeSlow(OUTPUT_ROOM)
    rememberBytes(output.bytes)
  }

  sendHeld (bytes: Buffer, start: number, end: number, token: unknown): void {
    const receiver = this.#receiver!
    if (this.#ending || this.#socket.destroyed) {
      receiver.sent(token)
      return
    }
    this.#write(bytes.subarray(start, end), () => { receiver.sent(token) })
  }

  fill (bytes: Buffer, start: number, end: number): void {
    this.#target.set(bytes, start, end)
  }

  pause (): void {
    if (this.#paused) return
    this.#paused = true
    this.#socket.pause()
  }

  resume (): void {
    if (!this.#paused) return
    this.#paused = false
    if (!this.#ending) this.#socket.resume()
  }

  end (): void {
    if (this.#ending) return
    this.flush()
    this.#ending = true
    const socket = this.#socket
    // The peer may have sent more, which nobody reads: after the last reply the socket goes.
    socket.end(() => { socket.destroy() })
  }

  destroy (): void {
    this.#ending = true
    this.#socket.destroy()
  }

  readonly #scatter = (): void => {
    this.#gathers = false
    this.#socket.uncork()
  }

  #write (bytes: Buffer, done?: () => void): void {
    this.#socket.write(bytes, done)
    if (this.#socket.writableLength === 0 || this.#undrained) return
    this.#undrained = true
    this.#awaitDrain()
  }

  /** A write of nothing ends when all before it has: 'drain' comes only beyond a mark. */
  #awaitDrain (): void {
    this.#socket.write(NOTHING, () => {
      if (this.#ending || this.#socket.destroyed) return
      if (this.#socket.writableLength > 0) {
        this.#awaitDrain()
        return
      }
      this.#undrained = false
      this.#receiver!.drained()
    })
  }

  #receive (length: number, bytes: Buffer): boolean {
    if (this.#ending) return true
    try {
      this.#deliver(bytes, length)
    } catch (error) {
      // Nobody else must get what it had begun to write.
      this.#output.end = this.#output.start
      this.destroy()
      throw error
    }
    if (this.#paused || this.#ending) return true
    if (bytes === this.#input && length === bytes.length) this.#yield()
    return true
  }

  #deliver (bytes: Buffer, length: number): void {
    const receiver = this.#receiver!
    let start = 0
    const target = this.#target
    while (!target.isFull && start < length && !this.#ending) {
      const count = target.take(bytes, start, length)
      start += count
      receiver.filled?.(count)
    }
    if (start < length && !this.#ending) receiver.receive(bytes, start, length)
  }

  /** There may be more to read: after the other sockets had their turn. */
  #yield (): void {
    const socket = this.#socket
    socket.pause()
    setImmediate(() => { if (!this.#paused && !socket.destroyed) socket.resume() })
  }

  /**
   * A socket that reads into one buffer, shared by all, and skips the stream in between. Node
   * offers this for sockets it makes, not for those it accepts: so the accepted one gives up
   * its handle to a new one. It halves the CPU time of a small request.
   */
  #readInto (accepted: net.Socket): net.Socket {
    const holder = accepted as unknown as Accepted
    const handle = holder._handle
    const bytes = this.#input
    if (bytes === null || typeof handle !== 'object' || handle === null) {
      accepted.on('data', (chunk: Buffer) => { this.#receive(chunk.length, chunk) })
      return accepted
    }
    holder._handle = null
    accepted.destroy()
    const onread = {
      buffer: bytes,
      callback: (length: number) => this.#receive(length, bytes)
    }
    return new net.Socket({ handle, onread, allowHalfOpen: true } as net.SocketConstructorOpts)
  }
}
