import { Status, type Answer, type Engine } from '@memplug/engine'
import { putWord, words } from '@memplug/protocol'
import { NetTransport, type Accept, type Transport } from '@memplug/transport'
import { addressesOf } from './addresses.js'
import { Clock, newEpoch } from './clock.js'
import { Connection } from './connection.js'
import { Core } from './core.js'
import { Counter } from './counters.js'
import { flushIfDue } from './flush.js'
import { EngineHost } from './host.js'
import { loadEngine } from './loader.js'
import { defaults, type ServerOptions, type ServerSettings } from './options.js'
import { Shared } from './shared.js'

/** A running memcached. */
export interface Server {
  /** Where it listens: 'host:port' for TCP ('[v6]:port'), the path of a unix socket. */
  readonly addresses: readonly string[]
  /** The first of them. */
  readonly address: string
  /** The first TCP port it listens on; 0 if there is none. */
  readonly port: number
  /** What `stats` tells, name by name; `group` as in `stats items`. */
  stats (group?: string): Promise<Record<string, string>>
  /** Stops listening, closes every connection, destroys the engine. */
  close (): Promise<void>
}

/** Starts a memcached; settles once it listens. Rejects with an Error fit for an operator. */
export async function createServer (options: ServerOptions = {}): Promise<Server> {
  const server = new MemplugServer(settingsOf(options))
  await server.start()
  return server
}

function settingsOf (options: ServerOptions): ServerSettings {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return { ...defaults, ...Object.fromEntries(given) }
}

class MemplugServer implements Server {
  addresses: string[] = []
  readonly #settings: ServerSettings
  readonly #shared = new Shared(Shared.reserve(1), 0)
  readonly #clock = new Clock(this.#shared, newEpoch())
  readonly #transport: Transport = new NetTransport()
  #core: Core | undefined
  #closing: Promise<void> | undefined

  constructor (settings: ServerSettings) {
    this.#settings = settings
    this.#shared.verbosity = settings.verbosity
  }

  get address (): string { return this.addresses[0] ?? '' }

  get port (): number {
    const tcp = this.addresses.find(address => /:\d+$/.test(address))
    return tcp === undefined ? 0 : Number(tcp.slice(tcp.lastIndexOf(':') + 1))
  }

  async start (): Promise<void> {
    const settings = this.#settings
    const addresses = addressesOf(settings)
    const engine = await startEngine(settings, this.#clock)
    const { output } = this.#transport
    const core = new Core(engine, settings, this.#clock, output, this.#shared)
    this.#core = core
    this.#clock.start(() => { flushIfDue(core) })
    try {
      for (const address of addresses) {
        const name = await this.#transport.listen(address, settings.backlog, this.#accept)
        this.addresses.push(name.replace(/^(tcp6?|unix):/, ''))
      }
    } catch (error) {
      await this.close()
      throw error
    }
    settings.log('info', `listening on ${this.addresses.join(', ')}: engine ` +
      `${engine.getInfo().name}, transport ${this.#transport.name}`)
  }

  async stats (group = ''): Promise<Record<string, string>> {
    const told: Record<string, string> = {}
    const status = await this.#core!.stats.collect(group, (name, value) => {
      told[name] = String(value)
    })
    if (status === Status.SUCCESS) return told
    throw new Error(`no statistics named '${group}'`)
  }

  close (): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close (): Promise<void> {
    this.#clock.stop()
    await this.#transport.close()
    await this.#core!.waiting.drain()
    await settled(this.#core!.engine.destroy(), 'stopping the engine')
  }

  readonly #accept: Accept = link => {
    const core = this.#core!
    if (this.#shared.connections < this.#settings.maxConnections) return new Connection(core, link)
    core.counters[Counter.rejected_connections]!++
    putWord(core.output, words.TOO_MANY_CONNECTIONS)
    return null
  }
}

async function startEngine (settings: ServerSettings, clock: Clock): Promise<Engine> {
  const create = typeof settings.engine === 'string'
    ? await loadEngine(settings.engine, process.cwd())
    : settings.engine
  const engine = create()
  await settled(engine.initialize(new EngineHost(settings, clock)), 'starting the engine')
  return engine
}

const statusNames = new Map(Object.entries(Status).map(([name, value]) => [value, name]))

async function settled (answer: Answer, what: string): Promise<void> {
  const status = await answer
  if (status === Status.SUCCESS) return
  throw new Error(`${what}: it answered ${statusNames.get(status) ?? String(status)}`)
}
