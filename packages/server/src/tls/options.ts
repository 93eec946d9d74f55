/** TLS, in place of plain TCP. Certificates and keys are files, or the text of such a file. */
export interface TlsOptions {
  /** The server's certificate, with those that vouch for it behind it. */
  cert: string
  key: string
  /** Whoever may vouch for clients. */
  ca?: string
  /**
   * Of a client's certificate: 0 none is asked for; 1 if there is one it must be good; 2, and 3
   * which is the same here: there must be one. As memcached's ssl_verify_mode.
   */
  verifyMode?: 0 | 1 | 2 | 3
  /** OpenSSL's list, for TLS up to 1.2. */
  ciphers?: string
  minVersion?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'
  /** Clients may resume sessions. */
  sessionCache?: boolean
  /** Milliseconds that a handshake may take. */
  handshakeTimeout?: number
  /** Told by `stats settings`, and of no effect. */
  writeBuffer?: number
}

/** Sessions that are kept to be resumed: as many as OpenSSL keeps by itself. */
export const MOST_SESSIONS = 20_480

export const HANDSHAKE_TIMEOUT = 10_000
