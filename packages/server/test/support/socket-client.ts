import { once } from 'node:events'
import { connect, type NetConnectOpts, type Socket } from 'node:net'

/** A client with a socket. */
export class SocketClient {
  readonly #socket: Socket
  #received: Buffer[] = []
  #closed = false
  #news = (): void => {}

  static async connect (where: number | string): Promise<SocketClient> {
    const options: NetConnectOpts = typeof where === 'string' ? { path: where }
      : { port: where, host: '127.0.0.1' }
    const socket = connect(options).setNoDelay(true)
    await once(socket, 'connect')
    return new SocketClient(socket)
  }

  constructor (socket: Socket) {
    this.#socket = socket
    socket.on('data', (bytes: Buffer) => {
      this.#received.push(bytes)
      this.#news()
    })
    socket.on('close', () => {
      this.#closed = true
      this.#news()
    })
    socket.on('error', () => {})
  }

  send (bytes: Buffer | string): void {
    this.#socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  pause (): void { this.#socket.pause() }
  resume (): void { this.#socket.resume() }
  leave (): void { this.#socket.destroy() }

  /** What came since the last call, once there are so many bytes of it, or all there will be. */
  async read (length: number): Promise<Buffer> {
    while (!this.#closed && this.#received.reduce((sum, part) => sum + part.length, 0) < length) {
      await new Promise<void>(resolve => { this.#news = resolve })
    }
    return Buffer.concat(this.#received.splice(0))
  }

  async ask (request: Buffer | string, reply: string): Promise<void> {
    this.send(request)
    expect((await this.read(reply.length)).toString('latin1')).toBe(reply)
  }

  /** All that came before the server closed. */
  readAll (): Promise<Buffer> { return this.read(Infinity) }
}
