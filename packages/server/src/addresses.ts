import { isIPv6 } from 'node:net'
import type { Address } from '@memplug/transport'
import type { ServerSettings } from './options.js'

/** What a listener asks of its clients, where that is not what all ask. */
export interface ListenAddress extends Address {
  /** No TLS; TLS as the settings say; TLS with a certificate of the client. */
  readonly security?: 'notls' | 'btls' | 'mtls' | undefined
}

const PREFIXES =
  /^(?:(notls|btls|mtls):)?(?:proto\[(\w+)\]:)?(?:tag(?:\[[^\]]{1,8}\]|_[^_]{1,8}_):)?(.*)$/s

/**
 * What to listen on: the unix socket alone if there is one, else every host of `listen`.
 * Throws an Error for an address that is none.
 */
export function addressesOf (settings: ServerSettings): ListenAddress[] {
  const { listen, port, socketMode, socketPath, tcp } = settings
  if (socketPath !== undefined) return [{ path: socketPath, mode: socketMode }]
  return tcp ? listen.map(text => parseListen(text, port, settings)) : []
}

/** Where to take datagrams: nowhere if there is a unix socket, as with memcached. */
export function udpAddressesOf (settings: ServerSettings): Address[] {
  const { listen, socketPath, udpPort } = settings
  if (udpPort === 0 || socketPath !== undefined) return []
  return listen.map(text => parseAddress(splitPrefix(text).rest, Math.max(udpPort, 0)))
}

function parseListen (
  text: string, defaultPort: number, { protocol, tls }: ServerSettings
): ListenAddress {
  const { security, proto, rest } = splitPrefix(text)
  if (security !== undefined && tls === undefined) {
    throw new Error(`'${security}' option is valid only when SSL is enabled`)
  }
  // One that lets another protocol in would be a way around authentication.
  if (proto !== undefined && proto !== (protocol === 'auto' ? 'negotiating' : protocol)) {
    throw new Error(`'${text}': every address has the protocol of -B`)
  }
  const address = parseAddress(rest, defaultPort)
  return security === undefined ? address : { ...address, security }
}

/** memcached's prefixes of an address, in its order; a tag has no meaning here. */
function splitPrefix (
  text: string
): { security?: ListenAddress['security'], proto?: string, rest: string } {
  const [, security, proto, rest] = PREFIXES.exec(text)!
  return { security: security as ListenAddress['security'], proto, rest }
}

/** 'host', 'host:port', '[v6]', '[v6]:port', a bare v6 address, '*' for every interface. */
export function parseAddress (text: string, defaultPort: number): Address {
  const [, v6, host, portText] = /^(?:\[([^\]]+)\]|([^:[\]]*))(?::(\d+))?$/.exec(text) ??
    [text, text]
  const port = portText === undefined ? defaultPort : Number(portText)
  const isNone = v6 === undefined ? text === '' : !isIPv6(v6)
  if (isNone || port > 65535) throw new Error(`'${text}' is no address to listen on`)
  const name = v6 ?? host
  return name === '' || name === '*' ? { port } : { host: name, port }
}
