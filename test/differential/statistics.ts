/** What statistics two servers that did the same must tell alike, and what they may not. */

/** Only one of the two versions has these. */
const ONE_SIDED = new Set([
  'slab_reassign_busy_nomem', 'slab_reassign_last_busy_status', 'slab_reassign_evictions_nomem',
  'client_flags_size'
])

/**
 * Of the process, the machine, the way connections are kept, and the sizes of items; and how
 * many there are, since memcached counts what is flushed or has expired until somebody asks for it.
 */
const VARYING = new Set(`pid uptime time version libevent rusage_user rusage_system curr_connections
  total_connections connection_structures response_obj_count response_obj_bytes read_buf_count
  read_buf_bytes read_buf_bytes_free reserved_fds bytes_read bytes_written conn_yields hash_bytes
  hash_power_level hash_is_expanding bytes lru_maintainer_juggles lru_crawler_starts
  lru_crawler_running crawler_reclaimed crawler_items_checked lrutail_reflocked moves_to_cold
  moves_to_warm moves_within_lru direct_reclaims expired_unfetched evicted_unfetched reclaimed
  slab_global_page_pool log_worker_written log_worker_dropped log_watcher_sent lru_bumps_dropped
  tcpport udpport threads num_threads num_threads_per_udp
  oldest slab_automove_window hash_algorithm num_napi_ids
  active_slabs total_malloced curr_items get_expired get_flushed`.split(/\s+/))

/** What operators set that an engine without slabs can't be told. */
const OF_SLABS = new Set(`slab_reassign slab_automove slab_automove_ratio slab_chunk_max
  hot_lru_pct warm_lru_pct hot_max_factor warm_max_factor`.split(/\s+/))

/** Of a class's rows, those that only a segmented LRU has. */
const SEGMENTED = /:(number_|age_|evicted_active|moves_|direct_reclaims|hits_to_)/

const CLASS = /^(items:)?\d+:(.*)$/

/** Collects the statistics of one reply, in a form in which two servers' can be compared. */
export class Statistics {
  readonly #rows = new Map<string, string>()
  readonly #slabs: boolean

  /** @param slabs whether both have slab classes */
  constructor (slabs: boolean) {
    this.#slabs = slabs
  }

  add (name: string, value: string): void {
    if (ONE_SIDED.has(name)) return
    const row = CLASS.exec(name)
    if (row === null) this.#rows.set(name, this.#isVarying(name) ? '{varies}' : value)
    else if (this.#slabs || !SEGMENTED.test(name)) {
      // One for all classes, or connections, in the order of the first of them.
      this.#rows.set(`${row[1] ?? ''}{}:${row[2]}`, '{varies}')
    }
  }

  #isVarying (name: string): boolean {
    return VARYING.has(name) || (!this.#slabs && OF_SLABS.has(name))
  }

  /** One line for each, and they are forgotten. */
  take (): string[] {
    const lines = [...this.#rows].map(([name, value]) => `STAT ${name} ${value}`)
    this.#rows.clear()
    return lines
  }
}
