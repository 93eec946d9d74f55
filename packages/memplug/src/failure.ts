import { existsSync } from 'node:fs'
import { isIP } from 'node:net'
import { dirname } from 'node:path'
import { getSystemErrorMap } from 'node:util'
import { ExitCode, StartError } from './exit.js'

/** What the system may refuse on the way to listening. */
const NETWORK_CALLS = new Set(['listen', 'bind', 'getaddrinfo', 'socket', 'chmod'])

/** Why memplug can't start, for the operator, with memcached's exit code. */
export function explainFailure (error: unknown): StartError {
  if (error instanceof StartError) return error
  if (error instanceof Error && error.name === 'CertificateError') {
    return new StartError(ExitCode.USAGE, error.message, error)
  }
  const refusal = findRefusal(error)
  if (refusal !== undefined) return new StartError(ExitCode.OS, tellRefusal(refusal), error)
  const message = error instanceof Error ? error.message : String(error)
  return new StartError(ExitCode.BAD_OPTION, message, error)
}

/** The system's reason in plain words: 'No such file or directory'. */
export function reasonOf (error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException
  const reason = getSystemErrorMap().get(errno ?? 0)?.[1] ?? message
  return `${reason.slice(0, 1).toUpperCase()}${reason.slice(1)}`
}

interface Refusal extends NodeJS.ErrnoException {
  address?: string
  port?: number
  hostname?: string
}

function findRefusal (error: unknown): Refusal | undefined {
  if (!(error instanceof Error)) return undefined
  if (NETWORK_CALLS.has((error as Refusal).syscall ?? '')) return error
  return findRefusal(error.cause)
}

/** In memcached's words. */
function tellRefusal (refusal: Refusal): string {
  const { address = refusal.path ?? '', port, hostname } = refusal
  const prefix = 'failed to listen on'
  if (hostname !== undefined || (port === undefined && isIP(address) !== 0)) {
    return `${prefix} one of interface(s) ${hostname ?? address}: ${reasonOf(refusal)}`
  }
  const transport = refusal.syscall === 'bind' ? 'UDP' : 'TCP'
  if (isIP(address) !== 0) {
    return `${prefix} ${transport} port ${port} of ${address}: ${reasonOf(refusal)}`
  }
  // libuv tells a missing folder as EACCES.
  const reason = existsSync(dirname(address)) ? reasonOf(refusal) : 'No such file or directory'
  return `${prefix} UNIX socket: ${address}: ${reason}`
}
