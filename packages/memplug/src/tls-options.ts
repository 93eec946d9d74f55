import type { ServerOptions, TlsOptions } from '@memplug/server'
import type { Arguments } from './arguments.js'
import { ExitCode, StartError } from './exit.js'
import type { ExtendedOption } from './extended-options.js'

/** What -o says of TLS. */
export type TlsDraft = Partial<TlsOptions>

const versions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const
const modes = [0, 1, 2, 3] as const

export const tlsOptions: readonly ExtendedOption[] = [
  tls('ssl_chain_cert', 'text', (draft, value) => { draft.cert = value }),
  tls('ssl_key', 'text', (draft, value) => { draft.key = value }),
  tls('ssl_keyformat', 'number', (_, value) => {
    if (value !== '1') refuse('-o ssl_keyformat: a key is PEM, which is 1')
  }),
  tls('ssl_verify_mode', 'number', (draft, value) => {
    draft.verifyMode = modes.find(mode => String(mode) === value) ??
      refuse('Invalid ssl_verify_mode. Use help to see valid options.')
  }),
  tls('ssl_ciphers', 'text', (draft, value) => { draft.ciphers = value }),
  tls('ssl_ca_cert', 'text', (draft, value) => { draft.ca = value }),
  tls('ssl_wbuf_size', 'number', (draft, value) => {
    if (!/^\d{1,6}$/.test(value)) refuse('could not parse argument to ssl_wbuf_size')
    draft.writeBuffer = Number(value) * 1024
  }),
  tls('ssl_session_cache', 'nothing', draft => { draft.sessionCache = true }),
  { name: 'ssl_kernel_tls', takes: 'nothing', fate: 'ignored', put: () => {} },
  tls('ssl_min_version', 'number', (draft, value) => {
    draft.minVersion = versions.find((_, index) => String(index) === value) ??
      refuse('Invalid ssl_min_version. Use help to see valid options.')
  })
]

function tls (
  name: string, takes: ExtendedOption['takes'], put: (draft: TlsDraft, value: string) => void
): ExtendedOption {
  return { name, takes, fate: 'honoured', put: (draft, value) => { put(draft.tls, value) } }
}

/** -Z: without it, what -o says of TLS has no effect, as with memcached. */
export function readTls (args: Arguments, draft: TlsDraft, network: ServerOptions): ServerOptions {
  if (!args.switches.has('enable-ssl')) return {}
  if (network.tcp === false) usage('ERROR: You cannot enable SSL without a TCP port.')
  const { cert, key } = draft
  if (cert === undefined || key === undefined) {
    return usage('ERROR: -Z needs -o ssl_chain_cert=<file> and -o ssl_key=<file>')
  }
  return { tls: { ...draft, cert, key } }
}

function refuse (message: string): never {
  throw new StartError(ExitCode.BAD_OPTION, message)
}

function usage (message: string): never {
  throw new StartError(ExitCode.USAGE, message)
}
