import { once } from 'node:events'
import { connect, type NetConnectOpts, type Socket } from 'node:net'

/** A client that keeps what it gets. */
export class Peer {
  readonly socket: Socket
  readonly #chunks: Buffer[] = []
  #length = 0
  #isOver = false
  #wake: (() => void) | undefined

  private constructor (socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk)
      this.#length += chunk.length
      this.#wake?.()
    })
    socket.on('error', () => {})
    const end = (): void => {
      this.#isOver = true
      this.#wake?.()
    }
    socket.on('end', end)
    socket.on('close', end)
  }

  /** `name` is what listen() answered: tcp:host:port, tcp6:[host]:port or unix:path. */
  static async connect (name: string): Promise<Peer> {
    const socket = connect({ ...target(name), allowHalfOpen: true } as NetConnectOpts)
    const peer = new Peer(socket)
    await once(socket, 'connect')
    return peer
  }

  get received (): Buffer { return Buffer.concat(this.#chunks) }
  get length (): number { return this.#length }

  write (bytes: string | Buffer): void { this.socket.write(bytes) }

  /** Answers the first `length` bytes once they have come; those that came, if no more do. */
  async read (length: number): Promise<Buffer> {
    while (this.#length < length && !this.#isOver) await this.#more()
    const all = this.received
    this.#chunks.length = 0
    this.#length = Math.max(0, all.length - length)
    if (all.length > length) this.#chunks.push(all.subarray(length))
    return all.subarray(0, length)
  }

  async readText (length: number): Promise<string> {
    return (await this.read(length)).toString('latin1')
  }

  /** Answers all that comes until the server ends the connection. */
  readAll (): Promise<Buffer> { return this.read(Infinity) }

  close (): void { this.socket.destroy() }

  #more (): Promise<void> { return new Promise(resolve => { this.#wake = resolve }) }
}

function target (name: string): object {
  if (name.startsWith('unix:')) return { path: name.slice(5) }
  const [, host, port] = /^tcp6?:\[?(.*?)\]?:(\d+)$/.exec(name)!
  return { host, port: Number(port) }
}
