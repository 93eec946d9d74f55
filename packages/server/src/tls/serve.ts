import { Stream } from '@memplug/engine'
import { words } from '@memplug/protocol'
import { TlsTransport, type ClientCertificate } from '@memplug/transport/tls'
import { accept } from '../accepting.js'
import type { ListenAddress } from '../addresses.js'
import type { Core } from '../core.js'
import { Counter } from '../counters.js'
import { CertificateError, loadContext } from './certificates.js'
import { connTlsError } from '../watch/lines.js'
import { HANDSHAKE_TIMEOUT, MOST_SESSIONS, type TlsOptions } from './options.js'

/** By memcached's ssl_verify_mode. */
const demands: readonly ClientCertificate[] = ['none', 'optional', 'required', 'required']

/** TLS connections. However many workers there are, thread 0 serves them. */
export class SecureConnections {
  readonly transport: TlsTransport
  readonly #core: Core
  readonly #options: TlsOptions

  /** Throws a CertificateError. */
  constructor (core: Core, options: TlsOptions, hasRoom: () => boolean) {
    const { counters, settings, shared } = core
    this.#core = core
    this.#options = options
    const count = (counter: number) => (error: Error) => {
      counters[counter]++
      core.watchers.tell(Stream.CONNEVENTS, connTlsError(error.message))
      settings.log('debug', `TLS: ${error.message}`)
    }
    this.transport = new TlsTransport(core.output, loadContext(options), {
      handshakeTimeout: options.handshakeTimeout ?? HANDSHAKE_TIMEOUT,
      sessions: options.sessionCache === true ? MOST_SESSIONS : 0,
      admit: () => {
        if (!hasRoom()) {
          counters[Counter.rejected_connections]++
          return words.TOO_MANY_CONNECTIONS
        }
        shared.addConnections(0, 1)
        return null
      },
      lost: () => { shared.addConnections(0, -1) },
      accept: link => accept(core, link),
      handshakeFailed: count(Counter.ssl_handshake_errors),
      protocolFailed: count(Counter.ssl_proto_errors),
      sessionMade: () => { counters[Counter.ssl_new_sessions]++ }
    })
    shared.certificatesAt = core.clock.now
  }

  /** Unix sockets are plain, as memcached's. */
  serves ({ path, security }: ListenAddress): boolean {
    return path === undefined && security !== 'notls'
  }

  listen (address: ListenAddress, backlog: number): Promise<string> {
    const client = address.security === 'mtls' ? 'required'
      : demands[this.#options.verifyMode ?? 0]
    return this.transport.listen(address, { backlog, client })
  }

  /** Reads the certificates anew. Answers what is wrong with them, and null if nothing is. */
  refresh (): string | null {
    const { clock, settings, shared } = this.#core
    try {
      this.transport.setContext(loadContext(this.#options))
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error
      settings.log('error', `${error.message}: the certificates stay as they were`)
      return error.message
    }
    shared.certificatesAt = clock.now
    return null
  }
}

/** What memcached tells of TLS, on whatever thread. */
export function tellTls (core: Core): void {
  const { clock, settings: { tls }, shared, stats } = core
  if (tls === undefined) return
  stats.tellers.push(add => {
    if (tls.sessionCache === true) add('ssl_new_sessions', shared.sum('ssl_new_sessions'))
    add('ssl_handshake_errors', shared.sum('ssl_handshake_errors'))
    add('ssl_proto_errors', shared.sum('ssl_proto_errors'))
    add('time_since_server_cert_refresh', clock.now - shared.certificatesAt)
  })
}
