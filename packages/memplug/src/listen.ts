import type { Arguments } from './arguments.js'
import { ExitCode, StartError } from './exit.js'

/** The addresses of every -l, checked for their form: host, host:port, [v6], [v6]:port, v6. */
export function readListen (args: Arguments): string[] | undefined {
  const lists = args.lists.get('listen')
  if (lists === undefined) return undefined
  const addresses = lists.flatMap(list => list.split(/[,;]/)).map(text => text.trim())
    .filter(text => text !== '')
  if (addresses.length === 0) throw new StartError(ExitCode.USAGE, '-l needs an address')
  for (const address of addresses) check(address)
  return addresses
}

function check (address: string): void {
  const port = portOf(address)
  if (port === undefined || (/^\d{1,5}$/.test(port) && Number(port) <= 65535)) return
  throw new StartError(ExitCode.OS, `failed to listen on one of interface(s) ${address}: ` +
    `Invalid port number: "${port}"`)
}

/** A bare IPv6 address has more than one colon and no port. */
function portOf (address: string): string | undefined {
  return /^(?:\[[^\]]*\]|[^:[]*):([^:]*)$/.exec(address)?.[1]
}
