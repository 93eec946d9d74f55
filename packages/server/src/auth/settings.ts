import type { ServerSettings } from '../options.js'

/**
 * Users that must log in leave one protocol, that in which they do it, and no UDP, in which
 * they can't. Throws an Error, in memcached's words, for settings that contradict this.
 */
export function withAuth (settings: ServerSettings): ServerSettings {
  const { authFile, protocol, saslFile, udpPort } = settings
  if (saslFile !== undefined) {
    if (authFile !== undefined) refuse('Users log in with SASL or over the text protocol, not both')
    if (protocol === 'ascii') refuse('You cannot allow the ASCII protocol while using SASL.')
    if (udpPort !== 0) refuse('Cannot enable UDP while using binary SASL authentication.')
    if (settings.saslMechanisms.length === 0) refuse('SASL has PLAIN and CRAM-MD5, and needs one')
    return { ...settings, protocol: 'binary' }
  }
  if (authFile === undefined) return settings
  if (protocol === 'binary') {
    refuse('You cannot allow the BINARY protocol while using ascii authentication tokens.')
  }
  if (udpPort !== 0) refuse('Cannot use UDP with ascii authentication enabled (-U 0 to disable)')
  return { ...settings, protocol: 'ascii' }
}

function refuse (message: string): never {
  throw new Error(message)
}
