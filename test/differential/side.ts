import { BINARY_SENTINEL, RawClient, TEXT_SENTINEL, endOfText } from '../support/client.js'
import { HEADER, NOOP_REPLY_SIZE, isNoopReply, noop } from '../support/frames.js'
import { CAS_OFFSET } from './binary.js'
import type { Command, DatagramHeader } from './command.js'
import { Datagrams } from './datagrams.js'
import { readBinaryAnswers, readTextAnswers, type Answers } from './replies.js'

const PATIENCE = 2000

export interface Place {
  readonly port: number
  readonly udpPort: number
  /** Whether the servers compared have slab classes. */
  readonly slabs: boolean
  /** memcached numbers the datagrams of each value, and of each command, on their own. */
  readonly numbersParts: boolean
}

/** One of the two servers: a connection for each protocol, a socket, and the cas ids it told. */
export class Side {
  readonly #place: Place
  readonly #clients = new Map<string, RawClient>()
  readonly #cas = new Map<string, bigint>()
  #datagrams: Datagrams | undefined

  constructor (place: Place) {
    this.#place = place
  }

  /** Plays commands of one protocol, sent in one go. */
  async play (commands: Command[]): Promise<Answers> {
    const { protocol, udp } = commands[0]
    if (udp !== undefined) return this.#playDatagram(commands, udp)
    const client = await this.#connect(protocol)
    const bytes = Buffer.concat(commands.map(command => this.#encode(command)))
    const isText = protocol === 'text'
    const { isLast, lastLine } = commands.at(-1)!
    if (lastLine !== undefined) return this.#playUpTo(lastLine, client, commands)
    const sentinel = isText ? Buffer.from(TEXT_SENTINEL) : noop(BINARY_SENTINEL)
    client.send(isLast ? bytes : Buffer.concat([bytes, sentinel]))
    const end = isText ? () => endOfText(client.peek()) : isLast
      ? () => endOfReply(client.peek(), readOpaque(commands.at(-1)!))
      : () => isNoopReply(client.peek(), BINARY_SENTINEL) ? client.size - NOOP_REPLY_SIZE : -1
    const ending = await this.#waitFor(client, () => end() >= 0)
    const size = end()
    const received = client.take()
    const answer = size < 0 ? received : received.subarray(0, size)
    if (isLast || ending !== '') this.disconnect(protocol)
    return this.#read(commands, answer, ending)
  }

  async #playUpTo (end: string, client: RawClient, commands: Command[]): Promise<Answers> {
    client.send(commands[0].bytes)
    const ending = await this.#waitFor(client, () =>
      client.peek().subarray(-end.length).equals(Buffer.from(end)))
    return this.#read(commands, client.take(), ending)
  }

  async #playDatagram (commands: Command[], header: DatagramHeader): Promise<Answers> {
    this.#datagrams ??= await Datagrams.connect(this.#place.udpPort)
    const request = Buffer.concat(commands.map(command => this.#encode(command)))
    const { bytes, ending } = await this.#datagrams.ask(request, header)
    const isUsual = ending === '<in parts>' && this.#place.numbersParts
    return this.#read(commands, bytes, isUsual ? '' : ending)
  }

  #read (commands: Command[], answer: Buffer, ending: string): Answers {
    const read = commands[0].protocol === 'text' ? readTextAnswers : readBinaryAnswers
    const answers = read(answer, this.#place.slabs)
    this.#remember(commands, answers)
    return { ...answers, text: answers.text + ending }
  }

  /** Answers how it ended, when not with a reply. */
  async #waitFor (client: RawClient, isDone: () => boolean): Promise<string> {
    try {
      await client.until(isDone, PATIENCE)
    } catch {
      return '<no more>'
    }
    return client.closed ? '<closed>' : ''
  }

  async #connect (protocol: string): Promise<RawClient> {
    let client = this.#clients.get(protocol)
    if (client === undefined) {
      client = await RawClient.connect(this.#place.port)
      // From here on no first byte can change the protocol.
      if (protocol === 'binary') await client.binary(Buffer.alloc(0))
      this.#clients.set(protocol, client)
    }
    return client
  }

  disconnect (protocol: string): void {
    this.#clients.get(protocol)?.close()
    this.#clients.delete(protocol)
  }

  /** Ends all, so that the process can end. */
  close (): void {
    this.#datagrams?.close()
    for (const protocol of [...this.#clients.keys()]) this.disconnect(protocol)
  }

  #encode (command: Command): Buffer {
    const cas = this.#cas.get(command.casKey ?? '') ?? 1n
    if (command.protocol === 'text') {
      return Buffer.from(command.bytes.replace('{cas}', String(cas)), 'latin1')
    }
    const bytes = Buffer.from(command.bytes, 'latin1')
    if (command.casKey !== undefined) bytes.writeBigUInt64BE(cas, CAS_OFFSET)
    return bytes
  }

  #remember (commands: Command[], { cas }: Answers): void {
    for (const [name, id] of cas) {
      if (typeof name === 'string') this.#cas.set(name, id)
    }
    if (commands[0].protocol === 'text') return
    for (const command of commands) {
      const id = cas.get(readOpaque(command))
      if (id !== undefined && command.key !== undefined) this.#cas.set(command.key, id)
    }
  }
}

function readOpaque (command: Command): number {
  return Buffer.from(command.bytes, 'latin1').readUInt32BE(12)
}

/** The size of the bytes once they end in a whole reply to that opaque; -1 before. */
function endOfReply (bytes: Buffer, opaque: number): number {
  for (let at = 0; at + HEADER <= bytes.length;) {
    const end = at + HEADER + bytes.readUInt32BE(at + 8)
    if (bytes.readUInt32BE(at + 12) === opaque && end <= bytes.length) return bytes.length
    at = end
  }
  return -1
}
