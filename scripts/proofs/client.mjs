/** A connection that sends bytes and waits for so many bytes of replies. */
import { once } from 'node:events'
import { createConnection } from 'node:net'

export class Client {
  #chunks = []
  #length = 0
  #wake = () => {}
  #isOver = false

  /** `address` is 127.0.0.1 or another of the loopback's: each has ports of its own. */
  static async connect (port, address = '127.0.0.1') {
    const socket = createConnection({ port, host: '127.0.0.1', localAddress: address })
    await once(socket, 'connect')
    return new Client(socket)
  }

  constructor (socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.on('data', chunk => {
      this.#chunks.push(chunk)
      this.#length += chunk.length
      this.#wake()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#isOver = true
      this.#wake()
    })
  }

  send (bytes) { this.socket.write(bytes) }

  /** Answers so many bytes, and throws if they do not come. */
  async take (length) {
    while (this.#length < length) {
      if (this.#isOver) throw new Error('the server has closed the connection')
      await new Promise(resolve => { this.#wake = resolve })
    }
    const all = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks)
    this.#chunks = all.length > length ? [all.subarray(length)] : []
    this.#length = all.length - length
    return all.subarray(0, length)
  }

  /** Answers all that has come, once something has. */
  async takeSome () {
    await this.take(1).then(first => {
      this.#chunks.unshift(first)
      this.#length++
    })
    return this.take(this.#length)
  }

  async ask (request, length) {
    this.send(request)
    return (await this.take(length)).toString('latin1')
  }

  /** What has come so far does not count. */
  forget () {
    this.#chunks = []
    this.#length = 0
  }

  close () { this.socket.destroy() }
}

/** Throws unless they are the same. */
export function expect (got, wanted) {
  if (got === wanted) return
  const [one, other] = [got, wanted].map(text => JSON.stringify(text.slice(0, 200)))
  throw new Error(`answered ${one}, not ${other}`)
}
