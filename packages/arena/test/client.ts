import { Op, Status, type Settings } from '@memplug/engine'
import { TestHost } from '@memplug/engine-kit'
import type { Arena, ArenaEngine } from '../src/index.js'

export const MEGABYTE = 1 << 20

/** A server's side in few words: text in, text out, holds released unless asked for. */
export class Client<E extends ArenaEngine = ArenaEngine> {
  readonly op = new Op()
  readonly host: TestHost
  readonly engine: E

  /** Thread 0 of a host with these settings, or of that host. */
  constructor (
    engine: E, host: Partial<Settings> | TestHost = {}, config: Record<string, string> = {},
    threads = 1
  ) {
    this.engine = engine
    this.host = host instanceof TestHost
      ? host
      : new TestHost(host, config, undefined, { thread: 0, threads })
    engine.initialize(this.host)
  }

  /** The engine's insides. */
  get arena (): Arena {
    return (this.engine as unknown as { arena: Arena }).arena
  }

  ask (key: string, more: Partial<Op> = {}): Op {
    const { op } = this
    op.key = Buffer.from(key)
    Object.assign(op, { keyStart: 0, keyEnd: op.key.length, mode: 0, flags: 0, expires: 0 })
    return Object.assign(op, { compare: false, setCas: false }, more)
  }

  set (key: string, value: string, more: Partial<Op> = {}): Status {
    const op = this.ask(key, { ...more, size: value.length })
    const status = this.engine.allocate(op)
    if (status !== Status.SUCCESS) return status
    op.value.write(value, op.valueStart, 'latin1')
    const stored = this.engine.store(op)
    this.engine.release(op)
    return stored
  }

  get (key: string, more: Partial<Op> = {}): string | null {
    const op = this.ask(key, more)
    if (this.engine.get(op) !== Status.SUCCESS) return null
    const value = op.value.toString('latin1', op.valueStart, op.valueEnd)
    this.engine.release(op)
    return value
  }

  remove (key: string, more: Partial<Op> = {}): Status {
    return this.engine.remove(this.ask(key, more))
  }

  count (key: string, delta: number, more: Partial<Op> = {}): Status {
    const op = this.ask(key, { deltaLow: delta, deltaHigh: 0, ...more })
    const status = this.engine.arithmetic(op)
    if (status === Status.SUCCESS) this.engine.release(op)
    return status
  }

  stats (group = ''): Record<string, number> {
    const stats: Record<string, number> = {}
    const status = this.engine.getStats(group, (name, value) => {
      if (name in stats) throw new Error(`${name} is told twice`)
      stats[name] = Number(value)
    })
    expect(status).toBe(Status.SUCCESS)
    return stats
  }

  travel (seconds: number): void {
    this.host.clock.time += seconds
  }

  stop (): void {
    this.engine.destroy()
  }
}
