import type { AddStat, Answer, Engine, EngineInfo, Host, Op, Status } from '@memplug/engine'

/** The calls of an engine that may go wrong here. */
export const CALLS = [
  'testCapacity', 'allocate', 'release', 'store', 'get', 'touch', 'remove', 'arithmetic',
  'flush', 'getStats'
] as const
export type Call = (typeof CALLS)[number]

/** What becomes of a call: `proceed` makes it; to do otherwise is the fault. */
export type Meddle = (proceed: () => unknown, call: Call, op: Op | undefined) => unknown

/** An engine whose every call may be meddled with. */
export class Faulty implements Engine {
  readonly inner: Engine
  meddle: Meddle = proceed => proceed()

  constructor (inner: Engine) {
    this.inner = inner
  }

  getInfo (): EngineInfo {
    const info = this.inner.getInfo()
    return { ...info, features: [...new Set([...info.features, 'async' as const])] }
  }

  initialize (host: Host): Answer {
    return this.inner.initialize(host)
  }

  destroy (): Answer {
    return this.inner.destroy()
  }

  getStats (group: string, add: AddStat): Answer {
    return this.meddle(() => this.inner.getStats(group, add), 'getStats', undefined) as Answer
  }

  testCapacity (keyLength: number, valueLength: number): Status {
    const proceed = (): Status => this.inner.testCapacity(keyLength, valueLength)
    return this.meddle(proceed, 'testCapacity', undefined) as Status
  }

  allocate (op: Op): Status {
    return this.meddle(() => this.inner.allocate(op), 'allocate', op) as Status
  }

  release (op: Op): void {
    this.meddle(() => { this.inner.release(op) }, 'release', op)
  }

  store (op: Op): Answer {
    return this.meddle(() => this.inner.store(op), 'store', op) as Answer
  }

  get (op: Op): Answer {
    return this.meddle(() => this.inner.get(op), 'get', op) as Answer
  }

  touch (op: Op): Answer {
    return this.meddle(() => this.inner.touch(op), 'touch', op) as Answer
  }

  remove (op: Op): Answer {
    return this.meddle(() => this.inner.remove(op), 'remove', op) as Answer
  }

  arithmetic (op: Op): Answer {
    return this.meddle(() => this.inner.arithmetic(op), 'arithmetic', op) as Answer
  }

  flush (): Answer {
    return this.meddle(() => this.inner.flush(), 'flush', undefined) as Answer
  }
}
