import type { AddStat } from '@memplug/engine'
import type { Core } from '../core.js'

/** `stats engine`, which memcached does not have: what serves here, and how it was started. */
export function addEngine ({ engine, settings }: Core, add: AddStat): void {
  const { name, version, features } = engine.getInfo()
  add('engine', name)
  add('engine_version', version)
  add('engine_features', features.join(','))
  add('engine_timeout', settings.engineTimeout)
  add('key_size_max', settings.maxKeySize)
  for (const [key, value] of Object.entries(settings.engineConfig)) {
    add(`engine_config_${key}`, value)
  }
}
