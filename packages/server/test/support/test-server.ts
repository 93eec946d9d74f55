import { setImmediate as turn } from 'node:timers/promises'
import { Status, type Engine, type LogLevel } from '@memplug/engine'
import { Clock, newEpoch } from '../../src/clock.js'
import { Connection } from '../../src/connection.js'
import { Core } from '../../src/core.js'
import { flushIfDue } from '../../src/flush.js'
import { EngineHost } from '../../src/host.js'
import { defaults, type ServerOptions } from '../../src/options.js'
import { Shared } from '../../src/shared.js'
import { sweep } from '../../src/sweep.js'
import { FakeLink, newOutput } from './fake-link.js'

/** Turns of the event loop in which nothing may happen before all is taken to be done. */
const IDLE_TURNS = 4

/** Everything between the sockets and the engine. */
export class TestServer {
  readonly core: Core
  readonly shared = new Shared(Shared.reserve(1), 0)
  readonly clock = new Clock(this.shared, newEpoch())
  readonly log: [level: LogLevel, message: string, cause: unknown][] = []
  readonly #links: FakeLink[] = []

  constructor (engine: Engine, options: ServerOptions = {}) {
    const settings = {
      ...defaults,
      log: (level: LogLevel, message: string, cause?: unknown) => {
        this.log.push([level, message, cause])
      },
      ...options
    }
    const host = new EngineHost(settings, this.clock, 0, 1, failTest)
    if (engine.initialize(host) !== Status.SUCCESS) throw new Error('the engine does not start')
    this.core = new Core(engine, settings, this.clock, newOutput(), this.shared)
    host.watch = this.core.watchers
  }

  connect (): FakeLink {
    const link = new FakeLink(this.core.output)
    this.#links.push(link)
    link.receiver = new Connection(this.core, link)
    return link
  }

  /** Settles when every answer has come and every reply that may go has gone. */
  async idle (): Promise<void> {
    for (let quiet = 0; quiet < IDLE_TURNS; quiet++) {
      await turn()
      if (this.core.waiting.unsettled > 0 || !this.#links.every(link => link.isQuiet)) quiet = -1
    }
  }

  /** So many seconds pass. */
  async pass (seconds: number): Promise<void> {
    for (let left = seconds; left > 0; left--) {
      this.shared.now++
      flushIfDue(this.core)
      sweep(this.core)
    }
    await this.idle()
  }

  /** Sends requests on a connection and answers what was replied. */
  async ask (link: FakeLink, request: Buffer | string, size?: number): Promise<Buffer> {
    link.send(request, size)
    await this.idle()
    return link.take()
  }

  async askText (link: FakeLink, request: Buffer | string, size?: number): Promise<string> {
    return (await this.ask(link, request, size)).toString('latin1')
  }

  /** What a client is sent that reads so many bytes at a time, until there is no more. */
  async readBy (link: FakeLink, size: number): Promise<Buffer> {
    const parts = [link.take()]
    while (link.unsent > 0) {
      link.read(size)
      await this.idle()
      parts.push(link.take())
    }
    return Buffer.concat(parts)
  }

  /** Messages of this level, in the order logged. */
  logged (level: LogLevel): string[] {
    return this.log.filter(([each]) => each === level).map(([, message]) => message)
  }
}

function failTest (reason: string): never { throw new Error(`the process would end: ${reason}`) }
