import { once } from 'node:events'
import { createSocket, type Socket } from 'node:dgram'
import type { DatagramHeader } from './command.js'

const HEADER = 8
const LARGEST = 1400
/** A datagram may be lost in a busy system, or be taken for the data of one before it. */
const PATIENCE = 60
const TRIES = 80
const ASKED_LAST = Buffer.from('mn\r\n')
/** Ends a value that memcached waits for. */
const FILLER = Buffer.from(`${'f'.repeat(9000)}\r\n`)

/** One side's socket for requests over UDP, each of which is answered before the next is sent. */
export class Datagrams {
  readonly #socket: Socket
  #requests = 0
  readonly #received = new Map<number, Buffer[]>()
  #wake: () => void = () => {}

  private constructor (socket: Socket) {
    this.#socket = socket
    // Nobody listens yet.
    socket.on('error', () => {})
    socket.on('message', datagram => {
      const id = datagram.length >= HEADER ? datagram.readUInt16BE(0) : -1
      this.#received.set(id, [...this.#received.get(id) ?? [], datagram])
      this.#wake()
    })
  }

  static async connect (port: number): Promise<Datagrams> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 22 })
    socket.connect(port, '127.0.0.1')
    await once(socket, 'connect')
    const datagrams = new Datagrams(socket)
    // A server may listen here some time after it does for connections.
    await datagrams.ask(ASKED_LAST, { sequence: 0, total: 1, reserved: 0 })
    return datagrams
  }

  /**
   * Sends a request, and one behind it whose answer ends the wait: a server answers what comes
   * to its socket in order. Answers the data of all datagrams with the number of the request.
   */
  async ask (request: Buffer, header: DatagramHeader): Promise<{ bytes: Buffer, ending: string }> {
    const id = this.#send(request, header)
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      if (attempt > 1) this.#send(FILLER, { sequence: 0, total: 1, reserved: 0 })
      const last = this.#send(ASKED_LAST, { sequence: 0, total: 1, reserved: 0 })
      if (await this.#waitFor(last)) break
      if (attempt === TRIES) return { bytes: this.#take(id), ending: '<no more>' }
    }
    const isNumbered = (this.#received.get(id) ?? []).every((datagram, i, all) =>
      datagram.readUInt16BE(2) === i && datagram.readUInt16BE(4) === all.length)
    const bytes = this.#take(id)
    this.#received.clear()
    return { bytes, ending: isNumbered ? '' : '<in parts>' }
  }

  #send (data: Buffer, { sequence, total, reserved, size }: DatagramHeader): number {
    const id = this.#requests = (this.#requests + 1) & 0xffff
    const header = Buffer.alloc(HEADER)
    ;[id, sequence, total, reserved].forEach((number, i) => header.writeUInt16BE(number, 2 * i))
    this.#socket.send(Buffer.concat([header, data]).subarray(0, size))
    return id
  }

  async #waitFor (id: number): Promise<boolean> {
    const deadline = Date.now() + PATIENCE
    while (!this.#received.has(id)) {
      const left = deadline - Date.now()
      if (left <= 0) return false
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, left)
        this.#wake = () => { clearTimeout(timer); resolve() }
      })
    }
    return true
  }

  #take (id: number): Buffer {
    const datagrams = this.#received.get(id) ?? []
    const isTooLarge = datagrams.some(({ length }) => length > LARGEST)
    return Buffer.concat([
      ...datagrams.map(datagram => datagram.subarray(HEADER)),
      Buffer.from(isTooLarge ? '<too large>' : '')
    ])
  }

  close (): void {
    this.#socket.close()
  }
}
