import dgram from 'node:dgram'
import { once } from 'node:events'
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { performance } from 'node:perf_hooks'
import type { Address, Link, Output, Receiver } from './transport.js'
import { UdpLink } from './udp-link.js'
import { UdpRate } from './udp-rate.js'

/**
 * protocol.txt, "UDP protocol": 8 bytes before the data of each datagram, in network order:
 * request id, sequence number, number of datagrams, and two that are reserved.
 */
export const UDP_HEADER = 8

/** Bytes of a datagram with its header: what goes unfragmented over an Ethernet. */
export const UDP_DATAGRAM = 1400
const PAYLOAD = UDP_DATAGRAM - UDP_HEADER

/** A reply has no more than 65535 datagrams. */
export const LONGEST_UDP_REPLY = 65535 * PAYLOAD

/**
 * Ports of services that answer whatever they get, or that are known from floods: a request
 * that claims to come from one is forged. 11211 is memcached's own.
 */
export const NEVER_ANSWERED: ReadonlySet<number> = new Set([0, 53, 123, 1900, 11211])

/** Bytes that may wait to be sent on one socket; what would come behind is lost, as UDP may. */
const MOST_QUEUED = 1 << 22

export interface UdpOptions {
  /** Bytes of a reply, LONGEST_UDP_REPLY at most. */
  readonly replyLimit: number
  /** Bytes of replies to one address in a second. */
  readonly replyRate: number
  /** Takes the requests of a datagram, which start at `start`; null: nothing is answered. */
  readonly accept: (link: Link, datagram: Buffer, start: number) => Receiver | null
  /** The reply to a datagram whose reply would be too long. */
  readonly tooLong: (datagram: Buffer, start: number) => Buffer
}

/** UDP sockets. Each datagram stands alone: one that is cut short costs nobody else a thing. */
export class UdpTransport {
  readonly #output: Output
  readonly #options: UdpOptions
  readonly #rate: UdpRate
  readonly #sockets: dgram.Socket[] = []

  /** @param output where replies are written, of the transport of the same thread */
  constructor (output: Output, options: UdpOptions) {
    if (!(options.replyLimit > 0 && options.replyLimit <= LONGEST_UDP_REPLY)) {
      throw new RangeError(`a UDP reply has 1 to ${LONGEST_UDP_REPLY} bytes`)
    }
    this.#output = output
    this.#options = options
    this.#rate = new UdpRate(options.replyRate)
  }

  /** Answers where: 'udp:127.0.0.1:4711', 'udp6:[::1]:4711'. Rejects with the system's error. */
  async listen ({ host, port = 0 }: Address): Promise<string> {
    const family = host === undefined ? 6
      : isIP(host) !== 0 ? isIP(host) : (await lookup(host)).family
    try {
      return await this.#bind(family, port, host)
    } catch (error) {
      // A system without IPv6.
      if (host !== undefined || (error as NodeJS.ErrnoException).code === 'EADDRINUSE') throw error
      return await this.#bind(4, port)
    }
  }

  async close (): Promise<void> {
    await Promise.all(this.#sockets.splice(0).map(socket => new Promise<void>(resolve => {
      socket.close(resolve)
    })))
  }

  async #bind (family: number, port: number, address?: string): Promise<string> {
    const socket = dgram.createSocket(family === 6 ? 'udp6' : 'udp4')
    socket.bind({ port, ...(address !== undefined && { address }) })
    await once(socket, 'listening')
    // What the network says of a datagram that was sent concerns no other.
    socket.on('error', () => {})
    const local = nameOf(socket.address())
    socket.on('message', (datagram, from) => { this.#take(socket, local, datagram, from) })
    this.#sockets.push(socket)
    return local
  }

  #take (
    socket: dgram.Socket, local: string, datagram: Buffer, from: dgram.RemoteInfo
  ): void {
    if (datagram.length <= UDP_HEADER || datagram.readUInt16BE(4) !== 1) return
    // Two servers that answer each other would never end.
    if (NEVER_ANSWERED.has(from.port) || from.port === socket.address().port) return
    const { accept, replyLimit, tooLong } = this.#options
    const link = new UdpLink(local, nameOf(from), this.#output, replyLimit, reply => {
      const bytes = reply ?? tooLong(datagram, UDP_HEADER)
      this.#reply(socket, bytes, datagram.readUInt16BE(0), from)
    })
    const receiver = accept(link, datagram, UDP_HEADER)
    if (receiver !== null) link.start(receiver, datagram, UDP_HEADER)
  }

  #reply (
    socket: dgram.Socket, reply: Buffer, request: number, { address, port }: dgram.RemoteInfo
  ): void {
    if (!this.#sockets.includes(socket)) return
    if (!this.#rate.allows(address, reply.length, performance.now())) return
    if (socket.getSendQueueSize() > MOST_QUEUED) return
    const total = Math.ceil(reply.length / PAYLOAD)
    for (let sequence = 0; sequence < total; sequence++) {
      const header = Buffer.allocUnsafe(UDP_HEADER)
      header.writeUInt16BE(request, 0)
      header.writeUInt16BE(sequence, 2)
      header.writeUInt16BE(total, 4)
      header.writeUInt16BE(0, 6)
      const part = reply.subarray(sequence * PAYLOAD, (sequence + 1) * PAYLOAD)
      socket.send([header, part], port, address, () => {})
    }
  }
}

function nameOf (
  { address, family, port }: { address: string, family: string, port: number }
): string {
  return family === 'IPv6' ? `udp6:[${address}]:${port}` : `udp:${address}:${port}`
}
