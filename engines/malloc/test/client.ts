import { Op, Status, Store, type Config, type Settings } from '@memplug/engine'
import { TestHost } from '@memplug/engine-kit'
import { MallocEngine } from '../src/index.js'

/** An engine, and what a server would do with it. */
export class Client {
  readonly engine: MallocEngine
  readonly host: TestHost

  constructor (
    settings: Partial<Settings> = {}, config: Config = {}, engine = new MallocEngine()
  ) {
    this.engine = engine
    this.host = new TestHost(settings, config)
    this.engine.initialize(this.host)
  }

  op (key: string): Op {
    const op = new Op()
    op.key = Buffer.from(key)
    op.keyEnd = op.key.length
    return op
  }

  /** Room for a value that is not yet stored. */
  allocate (key: string, size: number, expires = 0): { op: Op, status: Status } {
    const op = this.op(key)
    op.size = size
    op.expires = expires
    return { op, status: this.engine.allocate(op) }
  }

  set (key: string, size: number, expires = 0): Status {
    const { op, status } = this.allocate(key, size, expires)
    if (status !== Status.SUCCESS) return status
    op.mode = Store.SET
    const stored = this.engine.store(op)
    this.engine.release(op)
    return stored
  }

  has (key: string): boolean {
    const op = this.op(key)
    if (this.engine.get(op) !== Status.SUCCESS) return false
    this.engine.release(op)
    return true
  }

  stats (group = ''): Record<string, string | number> {
    const stats: Record<string, string | number> = {}
    this.engine.getStats(group, (name, value) => { stats[name] = value })
    return stats
  }

  /** Stores small values until the first is evicted; answers how many were stored. */
  fill (size: (i: number) => number): number {
    for (let i = 0; ; i++) {
      if (this.set(`small-${i}`, size(i)) !== Status.SUCCESS) throw new Error('not stored')
      if (i % 64 === 0 && this.stats().evictions !== 0) return i
    }
  }
}
