import { once } from 'node:events'
import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { ExitCode, StartError } from '../exit.js'
import { reasonOf } from '../failure.js'

const DEFAULT_PORT = 11211
/** Bytes that may wait to be read here before the server has to wait. */
const MOST_WAITING = 1 << 22
const MOST_SILENCE_MS = 10_000

/** A connection to a server that speaks memcached's text protocol. */
export class Client {
  readonly name: string
  readonly #socket: Socket
  #waiting: Buffer[] = []
  #size = 0
  #fault: string | undefined
  #wake = (): void => {}

  /** `host`, `host:port`, `[v6]:port`, or the path of a Unix socket. Throws a StartError. */
  static async connect (address: string): Promise<Client> {
    const { name, where } = whereIs(address)
    const socket = connect(where)
    try {
      await once(socket, 'connect')
    } catch (error) {
      throw new StartError(ExitCode.BAD_OPTION, `Couldn't connect to ${name}: ${reasonOf(error)}`)
    }
    return new Client(name, socket)
  }

  private constructor (name: string, socket: Socket) {
    this.name = name
    this.#socket = socket
    socket.on('data', (bytes: Buffer) => {
      this.#waiting.push(bytes)
      this.#size += bytes.length
      if (this.#size > MOST_WAITING) socket.pause()
      this.#wake()
    })
    socket.on('error', error => { this.#end(reasonOf(error)) })
    socket.on('close', () => { this.#end('the server has closed the connection') })
    socket.setTimeout(MOST_SILENCE_MS, () => { this.#end('no answer in time') })
  }

  send (text: string | Buffer): void {
    this.#socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text)
  }

  /** The next line, in latin1, without its end. Throws a StartError, also for an error line. */
  async line (): Promise<string> {
    for (;;) {
      const whole = this.#join()
      const end = whole.indexOf(10)
      if (end === -1) {
        await this.#more()
        continue
      }
      const line = this.#take(end + 1).toString('latin1').trimEnd()
      if (/^(ERROR|CLIENT_ERROR|SERVER_ERROR|BUSY)\b/.test(line)) this.#fail(line)
      return line
    }
  }

  /** The next lines, up to `END` or another last line. */
  async * lines (last = /^END$/): AsyncGenerator<string> {
    for (let line = await this.line(); !last.test(line); line = await this.line()) yield line
  }

  async bytes (length: number): Promise<Buffer> {
    while (this.#size < length) await this.#more()
    this.#join()
    return this.#take(length)
  }

  /** `stats`, or `stats <group>`, in the server's order. */
  async stats (group = ''): Promise<Map<string, string>> {
    this.send(group === '' ? 'stats\r\n' : `stats ${group}\r\n`)
    const stats = new Map<string, string>()
    for await (const line of this.lines()) {
      const [, name, value] = /^STAT (\S+) ?(.*)/.exec(line) ?? this.#fail(`not a STAT: ${line}`)
      stats.set(name, value)
    }
    return stats
  }

  close (): void {
    this.#socket.destroy()
  }

  #join (): Buffer {
    if (this.#waiting.length !== 1) this.#waiting = [Buffer.concat(this.#waiting)]
    return this.#waiting[0]
  }

  #take (length: number): Buffer {
    const whole = this.#waiting[0]
    this.#waiting[0] = whole.subarray(length)
    this.#size -= length
    if (this.#size < MOST_WAITING) this.#socket.resume()
    return whole.subarray(0, length)
  }

  async #more (): Promise<void> {
    if (this.#fault !== undefined) this.#fail(this.#fault)
    this.#socket.resume()
    await new Promise<void>(resolve => { this.#wake = resolve })
  }

  #end (fault: string): void {
    this.#fault ??= fault
    this.#wake()
  }

  #fail (why: string): never {
    this.close()
    throw new StartError(ExitCode.BAD_OPTION, `${this.name}: ${why}`)
  }
}

function whereIs (address: string): { name: string, where: NetConnectOpts } {
  if (address.includes('/')) return { name: address, where: { path: address } }
  const [, v6, host = v6, port = DEFAULT_PORT] =
    /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(address) ?? ['', undefined, address]
  const name = `${v6 === undefined ? host : `[${v6}]`}:${port}`
  return { name, where: { host, port: Number(port) } }
}
