import { chmodSync } from 'node:fs'
import net from 'node:net'
import { forgetBytes, forgetShared, rememberBytes } from './copier.js'
import { NetLink } from './net-link.js'
import { OUTPUT_ROOM, type Accept, type Address, type Output, type Transport } from './transport.js'
import { prepareSocketPath } from './unix-socket.js'

/** Bytes taken from one socket per turn, at most: also what keeps one from starving others. */
const READ_SIZE = 1 << 16

/** The transport over Node's own sockets: TCP and unix sockets on every system. */
export class NetTransport implements Transport {
  readonly name = 'net'
  readonly output: Output = {
    bytes: Buffer.allocUnsafeSlow(OUTPUT_ROOM), start: 0, end: 0, flushes: 0
  }

  readonly #input = Buffer.allocUnsafeSlow(READ_SIZE)
  readonly #servers = new Set<net.Server>()
  readonly #links = new Set<NetLink>()
  #lastGone = (): void => {}

  constructor () {
    rememberBytes(this.#input)
    rememberBytes(this.output.bytes)
  }

  async listen (address: Address, backlog: number, accept: Accept): Promise<string> {
    if (address.path !== undefined) prepareSocketPath(address.path)
    const server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true })
    server.on('connection', socket => { this.#connect(socket, address, accept) })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ ...target(address), backlog }, () => {
        server.off('error', reject)
        resolve()
      })
    })
    // Running out of file descriptors must not end the process: accepting goes on later.
    server.on('error', () => {})
    this.#servers.add(server)
    if (address.path === undefined) return nameOf(server.address() as net.AddressInfo)
    if (address.mode !== undefined) chmodSync(address.path, address.mode)
    return `unix:${address.path}`
  }

  async close (): Promise<void> {
    const closed = [...this.#servers].map(server => new Promise(resolve => server.close(resolve)))
    this.#servers.clear()
    const gone = new Promise<void>(resolve => { this.#lastGone = resolve })
    for (const link of this.#links) link.destroy()
    if (this.#links.size > 0) await gone
    await Promise.all(closed)
    forgetBytes(this.#input)
    forgetBytes(this.output.bytes)
    forgetShared()
  }

  #forget (link: NetLink): void {
    this.#links.delete(link)
    if (this.#links.size === 0) this.#lastGone()
  }

  #connect (socket: net.Socket, address: Address, accept: Accept): void {
    const { path } = address
    const local = path !== undefined ? `unix:${path}` : nameOf(socket.address() as net.AddressInfo)
    const remote = path !== undefined ? `unix:${path}` : nameOf({
      address: socket.remoteAddress ?? '', family: socket.remoteFamily ?? '',
      port: socket.remotePort ?? 0
    })
    const link = new NetLink(socket, this.#input, this.output, local, remote)
    const receiver = accept(link)
    if (receiver === null) {
      link.refuse()
      return
    }
    this.#links.add(link)
    link.start(receiver, () => { this.#forget(link) })
  }
}

function target (address: Address): net.ListenOptions {
  if (address.path !== undefined) return { path: address.path }
  const { host, port } = address
  return host === undefined ? { port: port ?? 0 } : { host, port: port ?? 0 }
}

function nameOf ({ address, family, port }: net.AddressInfo): string {
  return family === 'IPv6' ? `tcp6:[${address}]:${port}` : `tcp:${address}:${port}`
}
