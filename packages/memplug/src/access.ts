import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SaslMechanism, ServerOptions } from '@memplug/server'
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
    return { ...readSasl(process.env), protocol: 'binary' }
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

const MECHANISMS: readonly SaslMechanism[] = ['CRAM-MD5', 'PLAIN']

/**
 * The file of users is what MEMCACHED_SASL_PWDB names, or sasldb_path of SASL's memcached.conf,
 * whose mech_list says what they may log in with.
 */
export function readSasl (environment: NodeJS.ProcessEnv): ServerOptions {
  const folder = environment['SASL_CONF_PATH']
  const configurations = (folder === undefined ? SASL_FOLDERS : [folder])
    .map(place => readOrNothing(join(place, 'memcached.conf')))
  const valueOf = (name: string): string | undefined => configurations
    .map(text => new RegExp(`^[ \\t]*${name}:[ \\t]*(\\S.*)`, 'm').exec(text)?.[1].trim())
    .find(value => value !== undefined)
  const named = environment['MEMCACHED_SASL_PWDB']
  const saslFile = named !== undefined && named !== '' ? named : valueOf('sasldb_path')
  if (saslFile === undefined) {
    return usage('-S needs a file of users, lines user:password: MEMCACHED_SASL_PWDB names it')
  }
  const names = valueOf('mech_list')?.toUpperCase().split(/\s+/)
  if (names === undefined) return { saslFile }
  const saslMechanisms = MECHANISMS.filter(name => names.includes(name))
  if (saslMechanisms.length === 0) usage(`mech_list has none of ${MECHANISMS.join(' and ')}`)
  return { saslFile, saslMechanisms }
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
