import { chmodSync } from 'node:fs'
import net from 'node:net'
import { forgetBytes, forgetShared, rememberBytes } from './copier.js'
import { loadDuplicate } from './descriptors.js'
import { NetLink, type Accepted } from './net-link.js'
import { Pauses } from './pauses.js'
import {
  OUTPUT_ROOM, type Accept, type Address, type HandingTransport, type Notify, type Output,
  type Take
} from './transport.js'
import { prepareSocketPath } from './unix-socket.js'

/** Bytes taken from one socket per turn, at most: also what keeps one from starving others. */
const READ_SIZE = 1 << 16

/** The transport over Node's own sockets: TCP and unix sockets on every system. */
export class NetTransport implements HandingTransport {
  readonly name = 'net'
  readonly output: Output = {
    bytes: Buffer.allocUnsafeSlow(OUTPUT_ROOM), start: 0, end: 0, flushes: 0
  }

  readonly #input = Buffer.allocUnsafeSlow(READ_SIZE)
  readonly #servers = new Set<net.Server>()
  readonly #links = new Set<NetLink>()
  readonly #pauses: Pauses
  #lastGone = (): void => {}

  constructor (notify: Notify = () => {}) {
    this.#pauses = new Pauses(notify)
    rememberBytes(this.#input)
    rememberBytes(this.output.bytes)
  }

  listen (address: Address, backlog: number, accept: Accept): Promise<string> {
    return this.#listen(address, backlog, socket => {
      this.#connect(socket, address.path === undefined ? '' : `unix:${address.path}`, accept)
    })
  }

  get handingObstacle (): string | undefined {
    const copy = loadDuplicate()
    return copy instanceof Error ? copy.message : undefined
  }

  /** What is handed out is another descriptor of the socket, whose first one Node closes. */
  async listenFds (address: Address, backlog: number, take: Take): Promise<string> {
    const copy = loadDuplicate()
    if (copy instanceof Error) throw copy
    let local = ''
    local = await this.#listen(address, backlog, socket => {
      const descriptor = copy((socket as unknown as Accepted)._handle?.fd ?? -1)
      socket.destroy()
      if (descriptor < 0) this.#pauses.tell(descriptor)
      else take(descriptor, local)
    })
    return local
  }

  adopt (descriptor: number, accept: Accept, local: string): void {
    const how = { fd: descriptor, manualStart: true, allowHalfOpen: true }
    this.#connect(new net.Socket(how), local, accept)
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

  async #listen (
    address: Address, backlog: number, take: (socket: net.Socket) => void
  ): Promise<string> {
    if (address.path !== undefined) prepareSocketPath(address.path)
    const server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true })
    server.on('connection', take)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ ...target(address), backlog }, () => {
        server.off('error', reject)
        resolve()
      })
    })
    // Running out of file descriptors must not end the process: accepting goes on later.
    server.on('error', error => { this.#pauses.tell((error as NodeJS.ErrnoException).errno ?? 0) })
    this.#servers.add(server)
    if (address.path === undefined) return nameOf(server.address() as net.AddressInfo)
    if (address.mode !== undefined) chmodSync(address.path, address.mode)
    return `unix:${address.path}`
  }

  #forget (link: NetLink): void {
    this.#links.delete(link)
    if (this.#links.size === 0) this.#lastGone()
  }

  /** A unix socket has no name but that of the one that listens. */
  #connect (socket: net.Socket, listener: string, accept: Accept): void {
    const isUnix = listener.startsWith('unix:')
    const local = isUnix ? listener : nameOf(socket.address() as net.AddressInfo)
    const remote = isUnix ? listener : nameOf({
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

export function target (address: Address): net.ListenOptions {
  if (address.path !== undefined) return { path: address.path }
  const { host, port } = address
  return host === undefined ? { port: port ?? 0 } : { host, port: port ?? 0 }
}

export function nameOf ({ address, family, port }: net.AddressInfo): string {
  return family === 'IPv6' ? `tcp6:[${address}]:${port}` : `tcp:${address}:${port}`
}
