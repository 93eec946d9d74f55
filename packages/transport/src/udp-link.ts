import type { Link, Output, Receiver } from './transport.js'

/** What becomes of a reply: null for one that is longer than the link may send. */
export type SendReply = (reply: Buffer | null) => void

/** One datagram with requests, as a connection that has sent all it had to say. */
export class UdpLink implements Link {
  readonly remote: string
  readonly local: string
  readonly unsent = 0
  readonly errno = 0
  readonly #output: Output
  readonly #most: number
  readonly #send: SendReply
  readonly #parts: Buffer[] = []
  #receiver: Receiver | undefined
  #size = 0
  #isOver = false

  /** @param most bytes of a reply that are kept */
  constructor (local: string, remote: string, output: Output, most: number, send: SendReply) {
    this.local = local
    this.remote = remote
    this.#output = output
    this.#most = most
    this.#send = send
  }

  /** Delivers bytes start to the end of the datagram, and that no more will come. */
  start (receiver: Receiver, datagram: Buffer, start: number): void {
    this.#receiver = receiver
    try {
      receiver.receive(datagram, start, datagram.length)
      if (!this.#isOver) receiver.ended()
    } catch (error) {
      this.#output.end = this.#output.start
      this.destroy()
      throw error
    }
  }

  flush (): void {
    const output = this.#output
    const { start, end } = output
    if (start === end) return
    output.flushes++
    output.end = start
    this.#keep(output.bytes, start, end)
  }

  sendHeld (bytes: Buffer, start: number, end: number, token: unknown): void {
    this.#keep(bytes, start, end)
    this.#receiver!.sent(token)
  }

  /** Nothing more will come that could fill it. */
  fill (): void {}
  pause (): void {}
  resume (): void {}

  end (): void {
    if (this.#isOver) return
    this.flush()
    if (this.#size > this.#most) this.#send(null)
    else if (this.#size > 0) this.#send(Buffer.concat(this.#parts, this.#size))
    this.destroy()
  }

  destroy (): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#parts.length = 0
    queueMicrotask(() => { this.#receiver?.closed() })
  }

  #keep (bytes: Buffer, start: number, end: number): void {
    if (this.#isOver) return
    this.#size += end - start
    if (this.#size > this.#most) this.#parts.length = 0
    else this.#parts.push(Buffer.from(bytes.subarray(start, end)))
  }
}
