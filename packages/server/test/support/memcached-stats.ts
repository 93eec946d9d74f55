/**
 * What memcached 1.6.45 tells, started with -o no_lru_crawler,no_lru_maintainer: the names of each
 * group in its order, and the values of its settings.
 */

export const generalNames = `
  pid uptime time version libevent pointer_size rusage_user rusage_system max_connections
  curr_connections total_connections rejected_connections connection_structures
  response_obj_oom response_obj_count response_obj_bytes read_buf_count read_buf_bytes
  read_buf_bytes_free read_buf_oom reserved_fds cmd_get cmd_set cmd_flush cmd_touch cmd_meta
  get_hits get_misses get_expired get_flushed delete_misses delete_hits incr_misses incr_hits
  decr_misses decr_hits cas_misses cas_hits cas_badval touch_hits touch_misses store_too_large
  store_no_memory auth_cmds auth_errors bytes_read bytes_written limit_maxbytes accepting_conns
  listen_disabled_num time_in_listen_disabled_us threads conn_yields hash_power_level
  hash_bytes hash_is_expanding slab_reassign_rescues slab_reassign_chunk_rescues
  slab_reassign_inline_reclaim slab_reassign_busy_items slab_reassign_busy_deletes
  slab_reassign_busy_nomem slab_reassign_last_busy_status slab_reassign_running slabs_moved
  malloc_fails log_worker_dropped log_worker_written log_watcher_skipped log_watcher_sent
  log_watchers unexpected_napi_ids round_robin_fallback bytes curr_items total_items
  slab_global_page_pool expired_unfetched evicted_unfetched evictions reclaimed
  crawler_reclaimed crawler_items_checked lrutail_reflocked
`.trim().split(/\s+/)

export const settings = new Map(`
  maxbytes 67108864
  maxconns 1024
  tcpport 11211
  udpport 0
  inter NULL
  verbosity 0
  oldest 0
  evictions on
  domain_socket /run/m.sock
  umask 700
  shutdown_command yes
  growth_factor 1.25
  chunk_size 48
  num_threads 4
  num_threads_per_udp 4
  stat_key_prefix :
  detail_enabled no
  reqs_per_event 20
  cas_enabled yes
  tcp_backlog 1024
  binding_protocol auto-negotiate
  auth_enabled_sasl no
  auth_enabled_ascii no
  item_size_max 1024
  maxconns_fast yes
  hashpower_init 0
  slab_reassign yes
  slab_automove 1
  slab_automove_ratio 0.80
  slab_automove_window 10
  slab_chunk_max 1024
  lru_crawler no
  lru_crawler_sleep 100
  lru_crawler_tocrawl 0
  tail_repair_time 0
  flush_enabled yes
  dump_enabled yes
  hash_algorithm murmur3
  lru_maintainer_thread no
  lru_segmented no
  hot_lru_pct 20
  warm_lru_pct 40
  hot_max_factor 0.20
  warm_max_factor 2.00
  temp_lru no
  temporary_ttl 61
  idle_timeout 0
  watcher_logbuf_size 262144
  worker_logbuf_size 65536
  read_buf_mem_limit 0
  track_sizes no
  inline_ascii_response no
  ext_item_size 512
  ext_item_age 4294967295
  ext_low_ttl 0
  ext_recache_rate 2000
  ext_wbuf_size 4194304
  ext_compact_under 0
  ext_drop_under 0
  ext_max_sleep 1000000
  ext_max_frag 0.80
  slab_automove_freeratio 0.010
  ext_drop_unread no
  ssl_enabled no
  ssl_chain_cert (null)
  ssl_key (null)
  ssl_verify_mode 0
  ssl_keyformat 1
  ssl_ciphers NULL
  ssl_ca_cert NULL
  ssl_wbuf_size 16384
  ssl_session_cache no
  ssl_kernel_tls no
  ssl_min_version tlsv1.2
  num_napi_ids 0
  memory_file (null)
  client_flags_size 4
`.trim().split('\n').map(line => line.trim().split(' ') as [string, string]))

export const slabNames = `
  chunk_size chunks_per_page total_pages total_chunks used_chunks free_chunks free_chunks_end
  get_hits cmd_set delete_hits incr_hits decr_hits cas_hits cas_badval touch_hits
`.trim().split(/\s+/)
