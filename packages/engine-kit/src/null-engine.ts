import { API_VERSION, BaseEngine, Status } from '@memplug/engine'
import type { EngineInfo, Op } from '@memplug/engine'

const info: EngineInfo = { apiVersion: API_VERSION, name: 'null', version: '0.1.0', features: [] }

/** Forgets everything at once: a baseline for what a server costs without its engine. */
export class NullEngine extends BaseEngine {
  getInfo (): EngineInfo {
    return info
  }

  store (_op: Op): Status {
    return Status.SUCCESS
  }

  get (_op: Op): Status {
    return Status.NOT_FOUND
  }

  remove (_op: Op): Status {
    return Status.NOT_FOUND
  }

  flush (): Status {
    return Status.SUCCESS
  }
}
