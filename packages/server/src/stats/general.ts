import type { AddStat } from '@memplug/engine'
import { counterNames } from '../counters.js'
import type { Core } from '../core.js'
import { Gauge } from '../gauges.js'
import { REPLY_SIZE } from '../turn.js'
import { MEMCACHED_VERSION } from '../version.js'

/**
 * memcached 1.6.45's general statistics in its order. Without a question mark they are always
 * told, as 0 where nothing has them; the others only if something here tells them.
 */
const rows = `pid uptime time version libevent pointer_size rusage_user rusage_system
  max_connections curr_connections total_connections rejected_connections
  connection_structures response_obj_oom response_obj_count response_obj_bytes read_buf_count
  read_buf_bytes read_buf_bytes_free read_buf_oom reserved_fds cmd_get cmd_set cmd_flush
  cmd_touch cmd_meta get_hits get_misses get_expired get_flushed delete_misses delete_hits
  incr_misses incr_hits decr_misses decr_hits cas_misses cas_hits cas_badval touch_hits
  touch_misses store_too_large store_no_memory auth_cmds auth_errors idle_kicks? bytes_read
  bytes_written limit_maxbytes accepting_conns listen_disabled_num time_in_listen_disabled_us
  threads conn_yields hash_power_level hash_bytes hash_is_expanding slab_reassign_rescues
  slab_reassign_chunk_rescues slab_reassign_inline_reclaim slab_reassign_busy_items
  slab_reassign_busy_deletes slab_reassign_busy_nomem slab_reassign_last_busy_status
  slab_reassign_running slabs_moved lru_crawler_running? lru_crawler_starts?
  lru_maintainer_juggles? malloc_fails log_worker_dropped log_worker_written log_watcher_skipped
  log_watcher_sent log_watchers ssl_new_sessions? ssl_handshake_errors? ssl_proto_errors?
  time_since_server_cert_refresh? unexpected_napi_ids round_robin_fallback bytes curr_items
  total_items slab_global_page_pool expired_unfetched evicted_unfetched evicted_active? evictions
  reclaimed crawler_reclaimed crawler_items_checked lrutail_reflocked moves_to_cold?
  moves_to_warm? moves_within_lru? direct_reclaims? lru_bumps_dropped?`
  .split(/\s+/).map(row => ({ name: row.replace('?', ''), always: !row.endsWith('?') }))
const always = new Set(rows.filter(row => row.always).map(({ name }) => name))

/** What of these the server does not count yet tells in other words than 0. */
const without: Readonly<Record<string, string>> = { slab_reassign_last_busy_status: 'none' }

/** An engine may change how much memory there is while it runs. */
const fromEngineFirst: readonly string[] = ['limit_maxbytes']

export function addGeneral (
  core: Core, fromEngine: ReadonlyMap<string, string | number>, add: AddStat
): void {
  const told = new Map<string, Value>(fromEngine)
  for (const [name, value] of ownStats(core)) told.set(name, value)
  for (const [name, value] of crawlerStats(core, fromEngine)) told.set(name, value)
  for (const name of fromEngineFirst) told.set(name, fromEngine.get(name) ?? told.get(name))
  for (const tell of core.stats.tellers) tell((name, value) => { told.set(name, value) })
  for (const { name, always } of rows) {
    const value = told.get(name) ?? (always ? without[name] ?? 0 : undefined)
    if (value !== undefined) add(name, value)
    told.delete(name)
  }
  for (const [name, value] of told) if (value !== undefined) add(name, value)
}

type Value = string | number | undefined

function ownStats ({ clock, settings, shared }: Core): [name: string, value: Value][] {
  const usage = process.resourceUsage()
  const { connections } = shared
  const counted = counterNames.filter(name => always.has(name))
  return [...counted.map(name => [name, shared.sum(name)] as const), ...Object.entries({
    pid: process.pid,
    uptime: clock.uptime,
    time: clock.unix,
    version: MEMCACHED_VERSION,
    libevent: `libuv-${process.versions.uv}`,
    pointer_size: 64,
    rusage_user: seconds(usage.userCPUTime),
    rusage_system: seconds(usage.systemCPUTime),
    max_connections: settings.maxConnections,
    curr_connections: connections,
    connection_structures: connections,
    response_obj_count: shared.sumGauge(Gauge.REPLIES),
    response_obj_bytes: shared.sumGauge(Gauge.REPLIES) * REPLY_SIZE,
    read_buf_count: shared.sumGauge(Gauge.READ_BUFFERS),
    read_buf_bytes: shared.sumGauge(Gauge.READ_BYTES),
    limit_maxbytes: settings.memoryLimit,
    accepting_conns: connections < settings.maxConnections ? 1 : 0,
    threads: Math.max(1, shared.memory.threads - 1),
    log_watchers: shared.streams.watchers,
    idle_kicks: settings.idleTimeout > 0 ? shared.sum('idle_kicks') : undefined,
    request_timeouts: settings.requestTimeout > 0 ? shared.sum('request_timeouts') : undefined
  })] as [string, Value][]
}

/** The engine crawls, and the server dumps: memcached has one crawler for both. */
function crawlerStats (
  { shared }: Core, fromEngine: ReadonlyMap<string, string | number>
): [name: string, value: Value][] {
  const of = (name: string) => Number(fromEngine.get(name) ?? 0)
  const isOn = shared.lruCrawler
  return [
    ['lru_crawler_running',
      isOn ? Number(of('lru_crawler_running') > 0 || shared.isDumping) : undefined],
    ['lru_crawler_starts', isOn ? of('lru_crawler_starts') + shared.dumps : undefined]
  ]
}

function seconds (microseconds: number): string {
  return (microseconds / 1e6).toFixed(6)
}
