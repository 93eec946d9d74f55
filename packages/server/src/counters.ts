/** What the server counts, by memcached's names for it. Doubles, which do not overflow. */
const names = [
  'total_connections', 'rejected_connections',
  'cmd_get', 'cmd_set', 'cmd_flush', 'cmd_touch', 'cmd_meta',
  'get_hits', 'get_misses', 'delete_misses', 'delete_hits',
  'incr_misses', 'incr_hits', 'decr_misses', 'decr_hits',
  'cas_misses', 'cas_hits', 'cas_badval', 'touch_hits', 'touch_misses',
  'store_too_large', 'store_no_memory', 'auth_cmds', 'auth_errors',
  'ssl_new_sessions', 'ssl_handshake_errors', 'ssl_proto_errors',
  'bytes_read', 'bytes_written', 'conn_yields',
  'log_worker_dropped', 'log_worker_written', 'log_watcher_skipped', 'log_watcher_sent',
  'idle_kicks', 'request_timeouts', 'response_obj_oom', 'read_buf_oom'
] as const
export type CounterName = (typeof names)[number]

export const counterNames: readonly CounterName[] = names

/** How many there are. */
export const COUNTERS = names.length

/** Index of each counter. */
export const Counter = Object.fromEntries(names.map((name, index) => [name, index])) as
  Readonly<Record<CounterName, number>>
