import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServerOptions } from '@memplug/server'
import type { Arguments } from './arguments.js'
import { ExitCode, StartError } from './exit.js'

/** -S and -Y: who may use the server, and with which protocol. In memcached's words. */
export function readAccess (
  args: Arguments, protocol: ServerOptions['protocol'], udpPort: number
): ServerOptions {
  const authFile = args.texts.get('auth-file')
  if (args.switches.has('enable-sasl')) {
    if (authFile !== undefined) usage('ERROR: -S and -Y ask for two protocols, one too many.')
    if (protocol !== undefined && protocol !== 'binary') {
      usage('ERROR: You cannot allow the ASCII protocol while using SASL.')
    }
    if (udpPort !== 0) {
      usage('ERROR: Cannot enable UDP while using binary SASL authentication.')
    }
    return { saslFile: findSaslFile(process.env), protocol: 'binary' }
  }
  if (authFile === undefined) return {}
  if (authFile === '') usage('-Y needs a file')
  if (protocol !== undefined && protocol !== 'ascii') {
    usage('ERROR: You cannot allow the BINARY protocol while using ascii authentication tokens.')
  }
  if (udpPort !== 0) {
    usage('Cannot use UDP with ascii authentication enabled (-U 0 to disable)')
  }
  return { authFile, protocol: 'ascii' }
}

/** Where Cyrus SASL looks for memcached's configuration. */
const SASL_FOLDERS = ['/etc/sasl', '/etc/sasl2']

/** The file of users: what MEMCACHED_SASL_PWDB names, or sasldb_path of SASL's memcached.conf. */
function findSaslFile (environment: NodeJS.ProcessEnv): string {
  const named = environment['MEMCACHED_SASL_PWDB']
  if (named !== undefined && named !== '') return named
  const folder = environment['SASL_CONF_PATH']
  for (const place of folder === undefined ? SASL_FOLDERS : [folder]) {
    const path = /^\s*sasldb_path:\s*(\S+)/m.exec(readOrNothing(join(place, 'memcached.conf')))?.[1]
    if (path !== undefined) return path
  }
  return usage('-S needs a file of users, lines user:password: MEMCACHED_SASL_PWDB names it')
}

function readOrNothing (path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function usage (message: string): never {
  throw new StartError(ExitCode.USAGE, message)
}
