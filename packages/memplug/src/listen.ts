import type { Arguments } from './arguments.js'
import { ExitCode, StartError } from './exit.js'

/** The addresses of every -l, checked for their form: host, host:port, [v6], [v6]:port, v6. */
export function readListen (args: Arguments): string[] | undefined {
  const lists = args.lists.get('listen')
  if (lists === undefined) return undefined
  const addresses = lists.flatMap(list => list.split(/[,;]/)).map(text => text.trim())
    .filter(text => text !== '')
  if (addresses.length === 0) throw new StartError(ExitCode.USAGE, '-l needs an address')
  for (const address of addresses) check(address, args.switches.has('enable-ssl'))
  return addresses
}

/** memcached's prefixes: what a client must do there, the protocol, a tag. */
const PREFIXES = /^(?:(notls|btls|mtls):)?(?:proto\[\w+\]:)?(?:tag(?:\[[^\]]{1,8}\]|_[^_]{1,8}_):)?/

function check (text: string, isSecure: boolean): void {
  const [prefixes, security] = PREFIXES.exec(text)!
  if (security !== undefined && !isSecure) {
    throw new StartError(ExitCode.OS, `'${security}' option is valid only when SSL is enabled`)
  }
  const address = text.slice(prefixes.length)
  const port = portOf(address)
  if (port === undefined || (/^\d{1,5}$/.test(port) && Number(port) <= 65535)) return
  throw new StartError(ExitCode.OS, `failed to listen on one of interface(s) ${address}: ` +
    `Invalid port number: "${port}"`)
}

/** A bare IPv6 address has more than one colon and no port. */
function portOf (address: string): string | undefined {
  return /^(?:\[[^\]]*\]|[^:[]*):([^:]*)$/.exec(address)?.[1]
}
