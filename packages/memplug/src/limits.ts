import type { ServerOptions } from '@memplug/server'
import type { Arguments } from './arguments.js'
import { ExitCode } from './exit.js'
import { readWhole } from './numbers.js'

/** -o options that are limits of the server's, and how many of its units one of theirs is. */
const units = {
  idle_timeout: { option: 'idleTimeout', unit: 1 },
  watcher_logbuf_size: { option: 'watcherLogBuffer', unit: 1 << 10 },
  worker_logbuf_size: { option: 'workerLogBuffer', unit: 1 << 10 },
  read_buf_mem_limit: { option: 'bufferLimit', unit: 1 << 20 }
} as const

export const limitNames: ReadonlySet<string> = new Set(Object.keys(units))

/** What may be asked of the server at most, beyond memcached's -c and -R. */
export function readLimits (args: Arguments, extended: ReadonlyMap<string, number>): ServerOptions {
  const options: ServerOptions = {}
  for (const [name, value] of extended) {
    const { option, unit } = units[name as keyof typeof units]
    options[option] = value * unit
  }
  const perAddress = readWhole(args, 'conn-limit-per-address', 0, 2147483647, ExitCode.USAGE)
  if (perAddress !== undefined) options.maxConnectionsPerAddress = perAddress
  const seconds = readWhole(args, 'request-timeout', 0, 2147483647, ExitCode.USAGE)
  if (seconds !== undefined) options.requestTimeout = seconds
  return options
}
