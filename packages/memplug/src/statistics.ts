import type { ServerOptions } from '@memplug/server'
import type { Arguments } from './arguments.js'
import { ExitCode, StartError } from './exit.js'

/** What the server counts, and lets a test suite do with its clock. */
export function readStatistics (args: Arguments): ServerOptions {
  const options: ServerOptions = {}
  if (args.switches.has('enable-debug-commands')) options.debugCommands = true
  const delimiter = args.texts.get('prefix-delimiter')
  if (delimiter === undefined) return options
  if (!/^[!-~]/.test(delimiter)) {
    throw new StartError(ExitCode.USAGE, '-D takes a character that a key can have')
  }
  // memcached too takes the first character of more.
  return { ...options, prefixDelimiter: delimiter[0], detail: true }
}
