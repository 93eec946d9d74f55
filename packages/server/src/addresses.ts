import { isIPv6 } from 'node:net'
import type { Address } from '@memplug/transport'
import type { ServerSettings } from './options.js'

/**
 * What to listen on: the unix socket alone if there is one, else every host of `listen`.
 * Throws an Error for an address that is none.
 */
export function addressesOf (settings: ServerSettings): Address[] {
  const { listen, port, socketMode, socketPath, tcp } = settings
  if (socketPath !== undefined) return [{ path: socketPath, mode: socketMode }]
  return tcp ? listen.map(text => parseAddress(text, port)) : []
}

/** Where to take datagrams: nowhere if there is a unix socket, as with memcached. */
export function udpAddressesOf (settings: ServerSettings): Address[] {
  const { listen, socketPath, udpPort } = settings
  if (udpPort === 0 || socketPath !== undefined) return []
  return listen.map(text => parseAddress(text, Math.max(udpPort, 0)))
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
