import { constants } from 'node:crypto'
import net from 'node:net'
import tls from 'node:tls'
import { InTurns } from './in-turns.js'
import { NetLink } from './net-link.js'
import { nameOf, target } from './net-transport.js'
import { TlsSessions } from './tls-sessions.js'
import type { Accept, Address, Output } from './transport.js'

/** Handshakes that begin in one turn: half a millisecond of arithmetic each. */
const AT_ONCE = 8

/** A client must present a certificate, may present one, or is not asked. */
export type ClientCertificate = 'required' | 'optional' | 'none'

export interface TlsOptions {
  /** Milliseconds that a handshake may take. */
  readonly handshakeTimeout: number
  /** Sessions that are kept to be resumed; 0: clients can't. */
  readonly sessions: number
  /** Null lets a socket in, before its handshake; else it is sent that and closed. */
  readonly admit: () => Buffer | null
  /** One that was let in has gone before its handshake was over. */
  readonly lost: () => void
  /** Takes a connection whose handshake is over. */
  readonly accept: Accept
  readonly handshakeFailed: (error: Error) => void
  readonly protocolFailed: (error: Error) => void
  readonly sessionMade: () => void
}

export interface TlsListening {
  readonly backlog: number
  readonly client: ClientCertificate
}

/** A socket whose handshake is under way, by the address and port of its peer. */
interface Handshake {
  readonly socket: net.Socket
  readonly deadline: NodeJS.Timeout
}

/** TLS connections over Node's sockets, beside another transport whose Output they write into. */
export class TlsTransport {
  readonly #output: Output
  readonly #options: TlsOptions
  readonly #sessions: TlsSessions
  readonly #sockets = new Set<net.Server>()
  readonly #servers: tls.Server[] = []
  readonly #links = new Set<NetLink>()
  readonly #handshakes = new Map<string, Handshake>()
  /** Sockets of clients that have said something, with what makes of them TLS ones. */
  readonly #begun = new InTurns<[secure: tls.Server, socket: net.Socket]>(
    AT_ONCE, ([secure, socket]) => { if (!socket.destroyed) secure.emit('connection', socket) })
  #context: tls.SecureContextOptions

  constructor (output: Output, context: tls.SecureContextOptions, options: TlsOptions) {
    this.#output = output
    this.#options = options
    this.#sessions = new TlsSessions(options.sessions)
    this.#context = this.#complete(context)
  }

  /** Connections that come from now on get this; those there are keep theirs. */
  setContext (context: tls.SecureContextOptions): void {
    this.#context = this.#complete(context)
    for (const server of this.#servers) server.setSecureContext(this.#context)
  }

  /** Answers where, as Link.local says it. Rejects with the system's error. */
  async listen (address: Address, { backlog, client }: TlsListening): Promise<string> {
    const secure = this.#secure(client)
    // A client that ends before the handshake has nothing to wait for.
    const server = net.createServer({ pauseOnConnect: true, noDelay: true })
    server.on('connection', socket => { this.#admit(secure, socket) })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ ...target(address), backlog }, () => {
        server.off('error', reject)
        resolve()
      })
    })
    // Running out of file descriptors must not end the process: accepting goes on later.
    server.on('error', () => {})
    this.#sockets.add(server)
    return nameOf(server.address() as net.AddressInfo)
  }

  async close (): Promise<void> {
    const closed = [...this.#sockets].map(server => new Promise(resolve => server.close(resolve)))
    this.#sockets.clear()
    for (const { socket } of this.#handshakes.values()) socket.destroy()
    for (const link of this.#links) link.destroy()
    await Promise.all(closed)
  }

  /** What makes of a socket a TLS one. It listens on nothing itself. */
  #secure (client: ClientCertificate): tls.Server {
    const options = this.#options
    const secure = tls.createServer({
      ...this.#context,
      requestCert: client !== 'none',
      rejectUnauthorized: client === 'required',
      // Sessions of one listener mean nothing to another that asks for more.
      sessionIdContext: `memplug ${client}`
    })
    secure.on('tlsClientError', error => { options.handshakeFailed(error) })
    secure.on('secureConnection', socket => { this.#connect(socket, client) })
    if (options.sessions > 0) {
      secure.on('newSession', (id: Buffer, session: Buffer, done: () => void) => {
        options.sessionMade()
        this.#sessions.add(id, session)
        done()
      })
      secure.on('resumeSession', (id: Buffer,
        done: (error: Error | null, session: Buffer | null) => void) => {
        done(null, this.#sessions.find(id))
      })
    }
    this.#servers.push(secure)
    return secure
  }

  #complete (context: tls.SecureContextOptions): tls.SecureContextOptions {
    const { SSL_OP_NO_RENEGOTIATION, SSL_OP_NO_TICKET } = constants
    const tickets = this.#options.sessions > 0 ? 0 : SSL_OP_NO_TICKET
    return { ...context, secureOptions: SSL_OP_NO_RENEGOTIATION | tickets }
  }

  #admit (secure: tls.Server, socket: net.Socket): void {
    const refusal = this.#options.admit()
    socket.on('error', () => {}) // 'close' follows
    if (refusal !== null) {
      socket.end(refusal, () => { socket.destroy() })
      return
    }
    const peer = peerOf(socket)
    const deadline = setTimeout(() => { socket.destroy() }, this.#options.handshakeTimeout)
    this.#handshakes.set(peer, { socket, deadline })
    socket.on('close', () => {
      if (this.#handshakes.get(peer)?.socket !== socket) return
      this.#endHandshake(peer)
      this.#options.lost()
    })
    // The work is done when the client speaks, which may be long after it came.
    socket.once('readable', () => {
      if (socket.readableLength === 0) socket.destroy() // it has ended
      else this.#begun.add([secure, socket])
    })
  }

  #endHandshake (peer: string): void {
    clearTimeout(this.#handshakes.get(peer)?.deadline)
    this.#handshakes.delete(peer)
  }

  #connect (socket: tls.TLSSocket, client: ClientCertificate): void {
    const peer = peerOf(socket)
    // One that has gone meanwhile has been counted as lost.
    if (!this.#handshakes.has(peer) || isForged(socket, client)) {
      socket.destroy()
      return
    }
    this.#endHandshake(peer)
    socket.allowHalfOpen = true
    const { accept, protocolFailed } = this.#options
    socket.on('error', protocolFailed)
    const local = nameOf(socket.address() as net.AddressInfo)
    const link = new NetLink(socket, null, this.#output, local, tcpOf(socket))
    const receiver = accept(link)
    if (receiver === null) {
      link.refuse()
      return
    }
    this.#links.add(link)
    link.start(receiver, () => { this.#links.delete(link) })
  }
}

/** A certificate that nobody asked to be there must still be good if it is. */
function isForged (socket: tls.TLSSocket, client: ClientCertificate): boolean {
  return client === 'optional' && !socket.authorized &&
    Object.keys(socket.getPeerCertificate()).length > 0
}

function peerOf (socket: net.Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress} ${socket.localPort}`
}

function tcpOf (socket: net.Socket): string {
  return nameOf({
    address: socket.remoteAddress ?? '', family: socket.remoteFamily ?? '',
    port: socket.remotePort ?? 0
  })
}
