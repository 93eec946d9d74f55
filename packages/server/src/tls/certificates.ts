import { readFileSync } from 'node:fs'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { reasonOf } from './reason.js'
import type { TlsOptions } from './options.js'

/** TLS 1.3 has suites of its own, which a list for the earlier versions must not take away. */
const TLS13 = 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256'

/** A certificate or key is not to be used. The message says which, and why. */
export class CertificateError extends Error {
  override name = 'CertificateError'
}

/**
 * Reads certificates and key, anew each time. Throws a CertificateError, in memcached's words,
 * unless all of them are good and belong together.
 */
export function loadContext (options: TlsOptions): SecureContextOptions {
  const { ca, ciphers, minVersion = 'TLSv1.2' } = options
  const chain = 'Error loading the certificate chain'
  const cert = load(options.cert, chain)
  const key = load(options.key, 'Error loading the key')
  check({ cert }, `${chain}: ${nameOf(options.cert)}`)
  check({ cert, key }, `Error loading the key: ${nameOf(options.key)}`)
  const context: SecureContextOptions = { cert, key, minVersion }
  if (ca !== undefined) {
    context.ca = load(ca, 'Error loading the CA certificate')
    check({ ca: context.ca }, `Error loading the CA certificate: ${nameOf(ca)}`)
  }
  if (ciphers !== undefined) context.ciphers = `${ciphers}:${TLS13}`
  check(context, `Error setting the provided cipher(s): ${ciphers}`)
  return context
}

const isText = (given: string): boolean => given.includes('-----BEGIN')

/** A text as such has no name that one would want to read. */
const nameOf = (given: string): string => isText(given) ? 'the text given' : given

function load (given: string, complaint: string): string {
  if (isText(given)) return given
  let text: string
  try {
    text = readFileSync(given, 'latin1')
  } catch (error) {
    throw new CertificateError(`${complaint}: ${given} : ${reasonOf(error)}`)
  }
  // Without one, OpenSSL would take it for no certificate at all and say nothing.
  if (isText(text)) return text
  throw new CertificateError(`${complaint}: ${given} : no start line`)
}

function check (context: SecureContextOptions, complaint: string): void {
  try {
    createSecureContext(context)
  } catch (error) {
    throw new CertificateError(`${complaint} : ${(error as Error).message}`)
  }
}
