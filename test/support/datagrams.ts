import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'

const HEADER = 8

/** A client of memcached's protocol over UDP. */
export class DatagramClient {
  readonly socket: Socket
  readonly #port: number
  #requests = 0

  constructor (socket: Socket, port: number) {
    this.socket = socket
    this.#port = port
  }

  /** @param from the port to send from; 0 takes a free one */
  static async bind (port: number, from = 0): Promise<DatagramClient> {
    const socket = createSocket('udp4')
    socket.bind(from, '127.0.0.1')
    await once(socket, 'listening')
    return new DatagramClient(socket, port)
  }

  /** Sends bytes as they are. */
  raw (bytes: Buffer): void {
    this.socket.send(bytes, this.#port, '127.0.0.1')
  }

  /** Sends a request; answers its id. */
  send (request: Buffer | string, total = 1): number {
    const id = ++this.#requests & 0xffff
    const header = Buffer.alloc(HEADER)
    header.writeUInt16BE(id, 0)
    header.writeUInt16BE(total, 4)
    this.raw(Buffer.concat([header, typeof request === 'string' ? Buffer.from(request) : request]))
    return id
  }

  /** The next datagram. */
  async receive (): Promise<Buffer> {
    const [datagram] = await once(this.socket, 'message') as [Buffer, RemoteInfo]
    return datagram
  }

  /** Sends a request; answers the datagrams of its reply, in the order of their numbers. */
  async datagrams (request: Buffer | string): Promise<Buffer[]> {
    const found: Buffer[] = []
    const whole = new Promise<void>(resolve => {
      this.socket.on('message', (datagram: Buffer) => {
        if (datagram.readUInt16BE(0) !== id) return
        found[datagram.readUInt16BE(2)] = datagram
        if (Object.keys(found).length === datagram.readUInt16BE(4)) resolve()
      })
    })
    const id = this.send(request)
    await whole
    this.socket.removeAllListeners('message')
    return found
  }

  /** Sends a request; answers its reply. */
  async ask (request: Buffer | string): Promise<string> {
    const datagrams = await this.datagrams(request)
    return Buffer.concat(datagrams.map(datagram => datagram.subarray(HEADER))).toString('latin1')
  }

  close (): void {
    this.socket.close()
  }
}
