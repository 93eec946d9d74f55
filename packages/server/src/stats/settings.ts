import type { AddStat } from '@memplug/engine'
import type { Core } from '../core.js'

const bindings = { auto: 'auto-negotiate', ascii: 'ascii', binary: 'binary' } as const
const yesOrNo = (flag: boolean): string => flag ? 'yes' : 'no'

/** `stats settings`: those of memcached's that mean something here, in its order. */
export function addSettings (core: Core, add: AddStat): void {
  const { settings } = core
  add('maxbytes', settings.memoryLimit)
  add('maxconns', settings.maxConnections)
  add('tcpport', settings.socketPath === undefined ? settings.port : 0)
  add('udpport', 0)
  add('inter', settings.listen.join(','))
  add('verbosity', core.shared.verbosity)
  add('oldest', 0)
  add('evictions', settings.evictions ? 'on' : 'off')
  add('domain_socket', settings.socketPath ?? 'NULL')
  add('umask', settings.socketMode.toString(8))
  add('shutdown_command', yesOrNo(settings.shutdownCommand))
  add('growth_factor', settings.growthFactor.toFixed(2))
  add('chunk_size', settings.minItemSpace)
  add('num_threads', Math.max(1, core.shared.memory.threads - 1))
  add('stat_key_prefix', ':')
  add('detail_enabled', 'no')
  add('reqs_per_event', settings.maxRequestsPerEvent)
  add('cas_enabled', yesOrNo(settings.cas))
  add('tcp_backlog', settings.backlog)
  add('binding_protocol', bindings[settings.protocol])
  add('auth_enabled_sasl', 'no')
  add('auth_enabled_ascii', 'no')
  add('item_size_max', settings.maxItemSize)
  add('maxconns_fast', 'yes')
  add('flush_enabled', yesOrNo(settings.flushAll))
  add('dump_enabled', yesOrNo(settings.dumping))
  add('hash_algorithm', 'halfsiphash-1-3')
  add('idle_timeout', settings.idleTimeout)
  add('watcher_logbuf_size', settings.watcherLogBuffer)
  add('worker_logbuf_size', settings.workerLogBuffer)
  add('read_buf_mem_limit', settings.bufferLimit)
  add('ssl_enabled', 'no')
  add('client_flags_size', 4)
  add('key_size_max', settings.maxKeySize)
  add('engine', core.engine.getInfo().name)
  add('engine_timeout', settings.engineTimeout)
  for (const [name, value] of Object.entries(settings.engineConfig)) {
    add(`engine_config_${name}`, value)
  }
}
