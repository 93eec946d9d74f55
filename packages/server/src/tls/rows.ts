import type { TlsOptions } from './options.js'

const WRITE_BUFFER = 16384
const NOTHING = 'NULL'

/** OpenSSL's flags for each ssl_verify_mode. */
const verifyModes = [0, 1, 3, 7]

/** What `stats settings` tells of TLS, under memcached's names. */
export function tlsRows (tls: TlsOptions | undefined): Record<string, string | number> {
  return {
    ssl_enabled: tls === undefined ? 'no' : 'yes',
    ssl_chain_cert: nameOf(tls?.cert) ?? '(null)',
    ssl_key: nameOf(tls?.key) ?? '(null)',
    ssl_verify_mode: verifyModes[tls?.verifyMode ?? 0],
    ssl_keyformat: 1,
    ssl_ciphers: tls?.ciphers ?? NOTHING,
    ssl_ca_cert: nameOf(tls?.ca) ?? NOTHING,
    ssl_wbuf_size: tls?.writeBuffer ?? WRITE_BUFFER,
    ssl_session_cache: tls?.sessionCache === true ? 'yes' : 'no',
    ssl_kernel_tls: 'no',
    ssl_min_version: (tls?.minVersion ?? 'TLSv1.2').replace(/^TLSv1$/, 'TLSv1.0').toLowerCase()
  }
}

/** A file is told by its name; a key must not be told at all. */
function nameOf (given: string | undefined): string | undefined {
  return given?.includes('-----BEGIN') === true ? '(text)' : given
}
