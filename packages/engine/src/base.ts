import { readConfig } from './config.js'
import type { AddStat, Engine, EngineInfo } from './engine.js'
import type { Host } from './host.js'
import type { Op } from './op.js'
import { Status } from './status.js'
import type { Answer } from './status.js'

/**
 * What most simple engines would write alike: values in Buffers that are never changed, so that
 * a hold costs nothing; no config, no statistics; touch and arithmetic left to the server.
 */
export abstract class BaseEngine implements Engine {
  /** Set by initialize(). */
  protected host!: Host

  abstract getInfo (): EngineInfo
  abstract store (op: Op): Answer
  abstract get (op: Op): Answer
  abstract remove (op: Op): Answer
  abstract flush (): Answer

  /** Refuses every config. An engine that takes some overrides this, and sets `host`. */
  initialize (host: Host): Answer {
    readConfig(host.config, {})
    this.host = host
    return Status.SUCCESS
  }

  destroy (): Answer {
    return Status.SUCCESS
  }

  getStats (group: string, _add: AddStat): Answer {
    return group === '' || group === 'reset' ? Status.SUCCESS : Status.NOT_FOUND
  }

  /** Key and value together may be as long as -I says. */
  testCapacity (keyLength: number, valueLength: number): Status {
    const { maxItemSize } = this.host.settings
    return keyLength + valueLength <= maxItemSize ? Status.SUCCESS : Status.TOO_LARGE
  }

  /** A new Buffer as op.value, which store may keep. */
  allocate (op: Op): Status {
    const status = this.testCapacity(op.keyEnd - op.keyStart, op.size)
    if (status !== Status.SUCCESS) return status
    op.item = null
    op.value = Buffer.allocUnsafe(op.size)
    op.valueStart = 0
    op.valueEnd = op.size
    return Status.SUCCESS
  }

  release (_op: Op): void {}

  touch (_op: Op): Answer {
    return Status.NOT_SUPPORTED
  }

  arithmetic (_op: Op): Answer {
    return Status.NOT_SUPPORTED
  }
}
