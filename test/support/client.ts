import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { NOOP_REPLY_SIZE, isNoopReply, noop } from './frames.js'

const PATIENCE = 10_000

/** A connection that sends what it is told and collects the bytes that come back. */
export class RawClient {
  readonly socket: Socket
  /** True once the server has closed, or the connection failed. */
  closed = false
  #chunks: Buffer[] = []
  #size = 0
  #wake: () => void = () => {}

  constructor (socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk)
      this.#size += chunk.length
      this.#wake()
    })
    const end = (): void => {
      this.closed = true
      this.#wake()
    }
    socket.on('end', end).on('close', end).on('error', end)
  }

  static async connect (port: number): Promise<RawClient> {
    const socket = createConnection({ port, host: '127.0.0.1', noDelay: true })
    const client = new RawClient(socket)
    await once(socket, 'connect')
    return client
  }

  /** Bytes received and not taken. */
  get size (): number {
    return this.#size
  }

  send (bytes: Buffer | string): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  peek (): Buffer {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0]
  }

  /** All that came so far; it is forgotten here. */
  take (): Buffer {
    const bytes = this.peek()
    this.#chunks = []
    this.#size = 0
    return bytes
  }

  /** Waits until `isDone` holds or the server closes. Throws after some seconds. */
  async until (isDone: () => boolean, patience = PATIENCE): Promise<void> {
    const deadline = Date.now() + patience
    while (!isDone() && !this.closed) {
      const left = deadline - Date.now()
      if (left <= 0) throw new Error(`no whole reply: ${show(this.peek())}`)
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, left)
        this.#wake = () => { clearTimeout(timer); resolve() }
      })
    }
  }

  /** Waits for the server's close; answers all bytes. */
  async untilClosed (): Promise<Buffer> {
    await this.until(() => false)
    return this.take()
  }

  /** Waits for so many bytes at least; answers all there are. */
  async untilSize (size: number): Promise<Buffer> {
    await this.until(() => this.#size >= size)
    return this.take()
  }

  /** Sends text requests and a last one whose answer ends the wait; answers what precedes it. */
  async text (request: Buffer | string): Promise<string> {
    this.send(request)
    this.send(TEXT_SENTINEL)
    await this.until(() => endOfText(this.peek()) >= 0)
    const bytes = this.take()
    const end = endOfText(bytes)
    return bytes.toString('latin1', 0, end < 0 ? bytes.length : end)
  }

  /** The same with binary frames and a no-op. */
  async binary (request: Buffer): Promise<Buffer> {
    this.send(Buffer.concat([request, noop(BINARY_SENTINEL)]))
    await this.until(() => isNoopReply(this.peek(), BINARY_SENTINEL))
    const bytes = this.take()
    const isWhole = isNoopReply(bytes, BINARY_SENTINEL)
    return isWhole ? bytes.subarray(0, bytes.length - NOOP_REPLY_SIZE) : bytes
  }

  close (): void {
    this.socket.destroy()
  }
}

/** An opaque that no test gives to a request of its own. */
export const BINARY_SENTINEL = 0x5e4717e1
export const TEXT_SENTINEL = 'stats reset\r\n'
const TEXT_SENTINEL_REPLY = Buffer.from('RESET\r\n')

/** Where the sentinel's reply starts; -1 if it is not at the end. */
export function endOfText (bytes: Buffer): number {
  const start = bytes.length - TEXT_SENTINEL_REPLY.length
  if (start < 0 || bytes.compare(TEXT_SENTINEL_REPLY, 0, 7, start) !== 0) return -1
  return start
}

/** Bytes as a line of text for a message, cut when long. */
export function show (bytes: Buffer | string, limit = 400): string {
  const text = typeof bytes === 'string' ? bytes : bytes.toString('latin1', 0, limit + 1)
  const line = JSON.stringify(text.slice(0, limit))
  return bytes.length > limit ? `${line}… (${bytes.length} bytes)` : line
}
