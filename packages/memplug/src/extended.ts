import type { Arguments } from './arguments.js'
import { ExitCode, StartError } from './exit.js'
import { limitNames } from './limits.js'
import { checkSlabOptions, readSlabOption } from './slab-options.js'

/** What -o gave: config for the engine, and the names of options that do nothing here. */
export interface Extended {
  readonly engineConfig: Record<string, string>
  /** Limits of the server's, by the names in limits.ts. */
  readonly limits: ReadonlyMap<string, number>
  readonly ignored: readonly string[]
}

/** What memcached does with these is what memplug does anyhow. */
const asIs = new Set([
  'maxconns_fast', 'modern', 'no_inline_ascii_resp', 'inline_ascii_resp', 'no_drop_privileges',
  'relaxed_privileges', 'no_slab_automove', 'no_lru_crawler'
])

const plain = new Set([
  'no_maxconns_fast', 'no_hashexpand', 'no_modern', 'lru_crawler', 'lru_maintainer',
  'no_lru_maintainer', 'slab_reassign', 'no_slab_reassign', 'no_chunked_items', 'track_sizes',
  'drop_privileges', 'ext_drop_unread', 'ssl_session_cache', 'ssl_kernel_tls',
  'proxy_uring', 'proxy_memprofile'
])

const withNumber = new Set([
  'hashpower', 'tail_repair_time', 'lru_crawler_sleep', 'lru_crawler_tocrawl',
  'hot_lru_pct', 'warm_lru_pct', 'hot_max_factor', 'warm_max_factor', 'temporary_ttl',
  'slab_automove_ratio', 'slab_automove_window', 'slab_automove_freeratio', 'slab_chunk_max',
  'resp_obj_mem_limit',
  'sock_cookie_id', 'ssl_verify_mode', 'ssl_keyformat', 'ssl_wbuf_size', 'ssl_min_version',
  'ext_page_size', 'ext_wbuf_size', 'ext_threads', 'ext_item_size', 'ext_item_age', 'ext_low_ttl',
  'ext_recache_rate', 'ext_compact_under', 'ext_drop_under', 'ext_max_frag', 'ext_max_sleep'
])

const withText = new Set([
  'hash_algorithm', 'ext_path', 'ssl_chain_cert', 'ssl_key', 'ssl_ciphers', 'ssl_ca_cert',
  'proxy_config', 'proxy_arg'
])

/** Reads every -o. Throws a StartError for what memcached would not know either. */
export function readExtended (args: Arguments): Extended {
  const engineConfig: Record<string, string> = {}
  const limits = new Map<string, number>()
  const ignored = new Set<string>()
  const options = (args.lists.get('extended') ?? []).flatMap(list => list.split(','))
  for (const option of options) {
    if (option === '') continue
    const equals = option.indexOf('=')
    const name = equals === -1 ? option : option.slice(0, equals)
    const value = equals === -1 ? undefined : option.slice(equals + 1)
    if (name === 'slab_sizes' && isSlab(args)) {
      engineConfig['slab_sizes'] = value ?? refuse('Missing slab_sizes argument')
    } else if (limitNames.has(name)) {
      limits.set(name, readWholeValue(name, value))
    } else if (isSlab(args) && readSlabOption(name, value, engineConfig)) continue
    else if (!check(name, value, option)) ignored.add(name)
  }
  checkSlabOptions(engineConfig)
  return { engineConfig, limits, ignored: [...ignored] }
}

function isSlab (args: Arguments): boolean {
  return (args.texts.get('engine') ?? 'slab') === 'slab'
}

/** Whether the option asks for nothing but what is done anyhow. */
function check (name: string, value: string | undefined, option: string): boolean {
  if (asIs.has(name)) return true
  // A number is optional only here.
  if (name === 'slab_automove') return value === '0'
  if (withNumber.has(name)) {
    if (value === undefined || !/^-?\d+(\.\d+)?$/.test(value)) {
      refuse(`Missing numeric argument for ${name}`)
    }
    return false
  }
  if (withText.has(name) || name === 'slab_sizes') {
    if (value === undefined) refuse(`Missing ${name} argument`)
    return false
  }
  if (!plain.has(name)) refuse(`Illegal suboption "${option}"`)
  return false
}

function readWholeValue (name: string, value: string | undefined): number {
  if (!/^\d{1,9}$/.test(value ?? '')) refuse(`Missing numeric argument for ${name}`)
  return Number(value)
}

function refuse (message: string): never {
  throw new StartError(ExitCode.BAD_OPTION, message)
}
