import type { AddStat } from '@memplug/engine'
import { counterNames } from '../counters.js'
import type { Core } from '../core.js'
import { MEMCACHED_VERSION } from '../version.js'

/** memcached's general statistics in memcached's order; an engine's further ones follow. */
const order = `pid uptime time version libevent pointer_size rusage_user rusage_system
  max_connections curr_connections total_connections rejected_connections
  connection_structures response_obj_oom response_obj_count response_obj_bytes read_buf_count
  read_buf_bytes read_buf_bytes_free read_buf_oom reserved_fds cmd_get cmd_set cmd_flush
  cmd_touch cmd_meta get_hits get_misses get_expired get_flushed delete_misses delete_hits
  incr_misses incr_hits decr_misses decr_hits cas_misses cas_hits cas_badval touch_hits
  touch_misses store_too_large store_no_memory auth_cmds auth_errors bytes_read bytes_written
  limit_maxbytes accepting_conns listen_disabled_num time_in_listen_disabled_us threads
  conn_yields hash_power_level hash_bytes hash_is_expanding slab_reassign_rescues
  slab_reassign_chunk_rescues slab_reassign_inline_reclaim slab_reassign_busy_items
  slab_reassign_busy_deletes slab_reassign_running slabs_moved lru_crawler_running
  lru_crawler_starts lru_maintainer_juggles malloc_fails log_worker_dropped log_worker_written
  log_watcher_skipped log_watcher_sent log_watchers bytes curr_items total_items
  slab_global_page_pool expired_unfetched evicted_unfetched evicted_active evictions reclaimed
  crawler_reclaimed crawler_items_checked lrutail_reflocked moves_to_cold moves_to_warm
  moves_within_lru direct_reclaims lru_bumps_dropped`.split(/\s+/)

/** What memcached tells and no part of this server has: always 0. */
const absent = `response_obj_oom response_obj_count response_obj_bytes read_buf_count
  read_buf_bytes read_buf_bytes_free read_buf_oom reserved_fds auth_cmds auth_errors
  listen_disabled_num time_in_listen_disabled_us malloc_fails log_worker_dropped
  log_worker_written log_watcher_skipped log_watcher_sent log_watchers`.split(/\s+/)

export function addGeneral (
  core: Core, fromEngine: ReadonlyMap<string, string | number>, add: AddStat
): void {
  const own = new Map(Object.entries(ownStats(core)))
  const known = new Set(order)
  for (const name of order) {
    const value = own.get(name) ?? fromEngine.get(name)
    if (value !== undefined) add(name, value)
  }
  add('engine', core.engine.getInfo().name)
  for (const [name, value] of fromEngine) if (!known.has(name)) add(name, value)
}

function ownStats (core: Core): Record<string, string | number> {
  const { clock, settings, shared } = core
  const usage = process.resourceUsage()
  const { connections } = shared
  return {
    ...Object.fromEntries(absent.map(name => [name, 0])),
    ...Object.fromEntries(counterNames.map(name => [name, shared.sum(name)])),
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
    limit_maxbytes: settings.memoryLimit,
    accepting_conns: connections < settings.maxConnections ? 1 : 0,
    threads: Math.max(1, shared.memory.threads - 1)
  }
}

function seconds (microseconds: number): string {
  return (microseconds / 1e6).toFixed(6)
}
