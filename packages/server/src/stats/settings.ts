import type { AddStat } from '@memplug/engine'
import type { Core } from '../core.js'
import { tlsRows } from '../tls/rows.js'

type Value = string | number
type Rows = Record<string, Value>

const bindings = { auto: 'auto-negotiate', ascii: 'ascii', binary: 'binary' } as const
const yesOrNo = (flag: boolean): string => flag ? 'yes' : 'no'

/**
 * `stats settings`: memcached 1.6.45's keys in its order. `fromEngine` is what the engine tells
 * of this group: its word counts for what is its own to decide, and keys that memcached does
 * not have come last.
 */
export function addSettings (
  core: Core, fromEngine: ReadonlyMap<string, Value>, add: AddStat
): void {
  const rows = { ...network(core), ...items(core), ...background(core), ...others(core) }
  for (const [name, value] of Object.entries(rows)) add(name, fromEngine.get(name) ?? value)
  for (const [name, value] of fromEngine) if (!(name in rows)) add(name, value)
}

function network ({ settings, shared }: Core): Rows {
  const threads = Math.max(1, shared.memory.threads - 1)
  return {
    maxbytes: settings.memoryLimit,
    maxconns: settings.maxConnections,
    tcpport: settings.tcp && settings.socketPath === undefined ? settings.port : 0,
    udpport: Math.max(settings.udpPort, 0),
    inter: settings.socketPath === undefined ? settings.listen.join(',') : 'NULL',
    verbosity: shared.verbosity,
    oldest: 0,
    evictions: settings.evictions ? 'on' : 'off',
    domain_socket: settings.socketPath ?? 'NULL',
    umask: settings.socketMode.toString(8),
    shutdown_command: yesOrNo(settings.shutdownCommand),
    growth_factor: settings.growthFactor.toFixed(2),
    chunk_size: settings.minItemSpace,
    num_threads: threads,
    num_threads_per_udp: threads,
    stat_key_prefix: settings.prefixDelimiter,
    detail_enabled: yesOrNo(shared.detail),
    reqs_per_event: settings.maxRequestsPerEvent,
    cas_enabled: yesOrNo(settings.cas),
    tcp_backlog: settings.backlog,
    binding_protocol: bindings[settings.protocol],
    auth_enabled_sasl: yesOrNo(settings.saslFile !== undefined),
    auth_enabled_ascii: settings.authFile ?? 'no'
  }
}

function items ({ settings }: Core): Rows {
  return {
    item_size_max: settings.maxItemSize,
    maxconns_fast: 'yes',
    hashpower_init: settings.hashPower,
    slab_reassign: 'no',
    slab_automove: 0,
    slab_automove_ratio: '0.80',
    slab_automove_window: 10,
    slab_chunk_max: settings.maxItemSize
  }
}

function background ({ settings, shared }: Core): Rows {
  return {
    lru_crawler: yesOrNo(shared.lruCrawler),
    lru_crawler_sleep: shared.crawlerSleep,
    lru_crawler_tocrawl: shared.toCrawl,
    tail_repair_time: 0,
    flush_enabled: yesOrNo(settings.flushAll),
    dump_enabled: yesOrNo(settings.dumping),
    hash_algorithm: 'halfsiphash-1-3',
    lru_maintainer_thread: 'no',
    lru_segmented: 'no',
    hot_lru_pct: 20,
    warm_lru_pct: 40,
    hot_max_factor: '0.20',
    warm_max_factor: '2.00',
    temp_lru: 'no',
    temporary_ttl: 61
  }
}

function others ({ settings }: Core): Rows {
  const tls = tlsRows(settings.tls)
  return {
    idle_timeout: settings.idleTimeout,
    watcher_logbuf_size: settings.watcherLogBuffer,
    worker_logbuf_size: settings.workerLogBuffer,
    read_buf_mem_limit: settings.bufferLimit,
    track_sizes: yesOrNo(settings.trackSizes),
    inline_ascii_response: 'no',
    // memcached's flash storage: told as by a memcached that does not use it.
    ext_item_size: 512,
    ext_item_age: 4294967295,
    ext_low_ttl: 0,
    ext_recache_rate: 2000,
    ext_wbuf_size: 4194304,
    ext_compact_under: 0,
    ext_drop_under: 0,
    ext_max_sleep: 1000000,
    ext_max_frag: '0.80',
    slab_automove_freeratio: '0.010',
    ext_drop_unread: 'no',
    ...tls,
    num_napi_ids: 0,
    memory_file: settings.memoryFile ?? '(null)',
    client_flags_size: 4
  }
}
