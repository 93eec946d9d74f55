import type { ServerOptions } from '@memplug/server'
import type { Arguments } from './arguments.js'
import { ExitCode } from './exit.js'
import { readWhole } from './numbers.js'

/** What may be asked of the server at most, beyond memcached's -c, -R and -o options. */
export function readLimits (args: Arguments): ServerOptions {
  const options: ServerOptions = {}
  const perAddress = readWhole(args, 'conn-limit-per-address', 0, 2147483647, ExitCode.USAGE)
  if (perAddress !== undefined) options.maxConnectionsPerAddress = perAddress
  const seconds = readWhole(args, 'request-timeout', 0, 2147483647, ExitCode.USAGE)
  if (seconds !== undefined) options.requestTimeout = seconds
  return options
}
