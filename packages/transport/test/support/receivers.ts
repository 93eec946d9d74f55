import type { Link, Output, Receiver } from '@memplug/transport'

/** Writes bytes to the Output in pieces that fit and flushes each. */
export function send (link: Link, output: Output, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) {
    const count = Math.min(bytes.length - at, output.bytes.length - output.end)
    bytes.copy(output.bytes, output.end, at, at + count)
    output.end += count
    at += count
    link.flush()
  }
}

/** Keeps what happens to a connection, and answers nothing. */
export class Recorder implements Receiver {
  readonly link: Link
  readonly output: Output
  readonly events: string[] = []
  readonly chunks: Buffer[] = []
  readonly tokens: unknown[] = []
  length = 0
  #waiting: { isDone: () => boolean, resolve: () => void }[] = []

  constructor (link: Link, output: Output) {
    this.link = link
    this.output = output
  }

  get text (): string { return Buffer.concat(this.chunks).toString('latin1') }

  receive (input: Buffer, start: number, end: number): void {
    this.chunks.push(Buffer.from(input.subarray(start, end)))
    this.length += end - start
    this.tell('receive')
  }

  drained (): void { this.tell('drained') }
  ended (): void { this.tell('ended') }
  closed (): void { this.tell('closed') }

  sent (token: unknown): void {
    this.tokens.push(token)
    this.tell('sent')
  }

  send (bytes: Buffer | string): void { send(this.link, this.output, Buffer.from(bytes)) }

  count (event: string): number { return this.events.filter(name => name === event).length }

  /** Settles when the condition holds, which is looked at after each event. */
  until (isDone: () => boolean): Promise<void> {
    if (isDone()) return Promise.resolve()
    return new Promise(resolve => this.#waiting.push({ isDone, resolve }))
  }

  untilEvent (event: string): Promise<void> { return this.until(() => this.count(event) > 0) }

  protected tell (event: string): void {
    this.events.push(event)
    this.#waiting = this.#waiting.filter(({ isDone, resolve }) => {
      if (!isDone()) return true
      resolve()
      return false
    })
  }
}

/** Sends back what it gets, and stops reading while too much of it is unsent. */
export class Echo extends Recorder {
  readonly limit: number
  mostUnsent = 0

  constructor (link: Link, output: Output, limit = 1 << 16) {
    super(link, output)
    this.limit = limit
  }

  override receive (input: Buffer, start: number, end: number): void {
    this.length += end - start
    send(this.link, this.output, input.subarray(start, end))
    this.mostUnsent = Math.max(this.mostUnsent, this.link.unsent)
    if (this.link.unsent > this.limit) this.link.pause()
  }

  override drained (): void {
    this.link.resume()
    super.drained()
  }

  override ended (): void {
    super.ended()
    this.link.end()
  }
}
