import type { ServerOptions } from '@memplug/server'
import { ExitCode, StartError } from './exit.js'
import type { Fate } from './flags.js'
import { readSlabOption } from './slab-options.js'
import { tlsOptions, type TlsDraft } from './tls-options.js'

/** What -o options are put into. */
export interface Draft {
  readonly server: ServerOptions
  readonly engineConfig: Record<string, string>
  readonly tls: TlsDraft
}

/** Takes an option's value, '' if it has none. Throws a StartError for one out of range. */
export type Put = (draft: Draft, value: string) => void

/** One of memcached's extended options. */
export interface ExtendedOption {
  readonly name: string
  readonly takes: 'nothing' | 'number' | 'perhaps a number' | 'text'
  /** 'as is': what it asks for is done anyhow. */
  readonly fate: Fate | 'as is'
  readonly put: Put
  /** Engines that know it: with another it is ignored, but for what is in `always`. */
  readonly engine?: 'slab' | 'all but map'
  readonly always?: Put
}

/** All that memcached 1.6.45 knows. */
export const extendedOptions: readonly ExtendedOption[] = [
  // Connections.
  asIs('maxconns_fast'),
  ignored('no_maxconns_fast'),
  limit('idle_timeout', 'idleTimeout'),
  limit('read_buf_mem_limit', 'bufferLimit', 1 << 20),
  asIs('resp_obj_mem_limit', 'number'),
  asIs('inline_ascii_resp'),
  asIs('no_inline_ascii_resp'),
  ignored('sock_cookie_id', 'number'),

  // The hash table.
  table('hashpower', 'number', setHashPower),
  table('no_hashexpand', 'nothing', ({ server }) => { server.hashExpand = false }),
  ignored('hash_algorithm', 'text', oneOf(['jenkins', 'murmur3', 'xxh3'],
    'Unknown hash_algorithm option (jenkins, murmur3, xxh3)')),

  // The LRU lists and their crawler.
  ignored('tail_repair_time', 'number',
    between(10, Infinity, 'Cannot set tail_repair_time to less than 10 seconds')),
  honoured('lru_crawler', 'nothing', ({ server }) => { server.lruCrawler = true }),
  honoured('no_lru_crawler', 'nothing', stopCrawler),
  whole('lru_crawler_sleep', 'lruCrawlerSleep', 1000000,
    'LRU crawler sleep must be between 0 and 1 second'),
  whole('lru_crawler_tocrawl', 'lruCrawlerToCrawl', 4294967295,
    'lru_crawler_tocrawl takes a numeric 32bit value'),
  slab('lru_maintainer'),
  slab('no_lru_maintainer'),
  slab('hot_lru_pct', 'number'),
  slab('warm_lru_pct', 'number'),
  slab('hot_max_factor', 'number'),
  slab('warm_max_factor', 'number'),
  slab('temporary_ttl', 'number'),

  // Slabs.
  slab('slab_reassign'),
  slab('no_slab_reassign'),
  slab('slab_automove', 'perhaps a number'),
  slab('no_slab_automove'),
  slab('slab_automove_ratio', 'number'),
  slab('slab_automove_window', 'number'),
  slab('slab_automove_freeratio', 'number'),
  slab('slab_chunk_max', 'number'),
  slab('no_chunked_items'),
  slab('slab_sizes', 'text'),
  honoured('track_sizes', 'nothing', ({ server }) => { server.trackSizes = true }),

  // Watchers.
  limit('watcher_logbuf_size', 'watcherLogBuffer', 1 << 10),
  limit('worker_logbuf_size', 'workerLogBuffer', 1 << 10),

  // Defaults, rights, test suites.
  asIs('modern'),
  { ...slab('no_modern'), always: stopCrawler },
  ignored('drop_privileges'),
  asIs('no_drop_privileges'),
  asIs('relaxed_privileges'),

  ...tlsOptions,

  // memcached's storage on flash and its proxy.
  refused('ext_path', 'text', 'extstore'),
  refused('ext_page_size', 'number', 'extstore'),
  refused('ext_wbuf_size', 'number', 'extstore'),
  refused('ext_threads', 'number', 'extstore'),
  refused('ext_io_depth', 'number', 'extstore'),
  refused('ext_item_size', 'number', 'extstore'),
  refused('ext_item_age', 'number', 'extstore'),
  refused('ext_low_ttl', 'number', 'extstore'),
  refused('ext_recache_rate', 'number', 'extstore'),
  refused('ext_compact_under', 'number', 'extstore'),
  refused('ext_drop_under', 'number', 'extstore'),
  refused('ext_max_frag', 'number', 'extstore'),
  refused('ext_max_sleep', 'number', 'extstore'),
  refused('ext_drop_unread', 'nothing', 'extstore'),
  refused('slab_automove_version', 'number', 'extstore'),
  refused('proxy_config', 'text', 'the proxy'),
  refused('proxy_arg', 'text', 'the proxy'),
  refused('proxy_uring', 'nothing', 'the proxy'),
  refused('proxy_memprofile', 'nothing', 'the proxy')
]

function honoured (name: string, takes: ExtendedOption['takes'], put: Put): ExtendedOption {
  return { name, takes, fate: 'honoured', put }
}

function table (name: string, takes: ExtendedOption['takes'], put: Put): ExtendedOption {
  return { ...honoured(name, takes, put), engine: 'all but map' }
}

function slab (name: string, takes: ExtendedOption['takes'] = 'nothing'): ExtendedOption {
  const put: Put = ({ engineConfig }, value) => {
    readSlabOption(name, value === '' ? undefined : value, engineConfig)
  }
  return { name, takes, fate: 'honoured', put, engine: 'slab' }
}

const checkHashPower = between(12, 32, 'Initial hashtable multiplier of VALUE is too low',
  'Initial hashtable multiplier of VALUE is too high')

function setHashPower (draft: Draft, value: string): void {
  checkHashPower(draft, value)
  draft.server.hashPower = Math.floor(Number(value))
}

function stopCrawler ({ server }: Draft): void {
  server.lruCrawler = false
}

/** A whole number from 0 to `most`. */
function whole (
  name: string, option: 'lruCrawlerSleep' | 'lruCrawlerToCrawl', most: number, complaint: string
): ExtendedOption {
  return honoured(name, 'number', ({ server }, value) => {
    if (!/^\d+$/.test(value) || Number(value) > most) refuse(complaint)
    server[option] = Number(value)
  })
}

type Limit = 'idleTimeout' | 'bufferLimit' | 'watcherLogBuffer' | 'workerLogBuffer'

/** A whole number; one of theirs is so many of the server's. */
function limit (name: string, option: Limit, unit = 1): ExtendedOption {
  return honoured(name, 'number', ({ server }, value) => {
    if (!/^\d{1,9}$/.test(value)) refuse(`could not parse argument to ${name}`)
    server[option] = Number(value) * unit
  })
}

function asIs (name: string, takes: ExtendedOption['takes'] = 'nothing'): ExtendedOption {
  return { name, takes, fate: 'as is', put: () => {} }
}

/** What memcached would refuse is refused all the same. */
function ignored (
  name: string, takes: ExtendedOption['takes'] = 'nothing', check: Put = () => {}
): ExtendedOption {
  return { name, takes, fate: 'ignored', put: check }
}

/** Whoever asks for a part of memcached's that is not here relies on it. */
function refused (name: string, takes: ExtendedOption['takes'], part: string): ExtendedOption {
  const put = (): never => refuse(`-o ${name}: ${part} of memcached is not supported`)
  return { name, takes, fate: 'refused', put }
}

function between (low: number, high: number, below: string, above = below): Put {
  return (_, value) => {
    if (value === '') return
    if (Number(value) < low) refuse(below.replace('VALUE', value))
    if (Number(value) > high) refuse(above.replace('VALUE', value))
  }
}

function oneOf (values: readonly string[], complaint: string): Put {
  return (_, value) => { if (!values.includes(value)) refuse(complaint) }
}

function refuse (message: string): never {
  throw new StartError(ExitCode.BAD_OPTION, message)
}
