import { Status, type Engine } from '@memplug/engine'
import {
  canHandOver, createTransport, type Accept, type Address, type Take, type Transport,
  type TransportName
} from '@memplug/transport'
import type { UdpTransport } from '@memplug/transport/udp'
import { accept, refuse } from './accepting.js'
import { addressesOf, udpAddressesOf, type ListenAddress } from './addresses.js'
import { Auth } from './auth/auth.js'
import { withAuth } from './auth/settings.js'
import { Clock, newEpoch, type Epoch } from './clock.js'
import { Core } from './core.js'
import { makeEngine, startEngine, stopEngine } from './engine.js'
import { flushIfDue } from './flush.js'
import { EngineHost } from './host.js'
import { inTime } from './in-time.js'
import { defaults, type ServerOptions, type ServerSettings } from './options.js'
import type { MemoryFile } from './restart/memory-file.js'
import { Shared } from './shared.js'
import { sweep } from './sweep.js'
import { addConnections } from './stats/connections.js'
import { Outbox } from './watch/outbox.js'
import type { SecureConnections } from './tls/serve.js'
import { endProcess } from './workers/ending.js'
import type { WorkerStart } from './workers/messages.js'
import { WorkerPool } from './workers/pool.js'

/** A running memcached. */
export interface Server {
  /** Where it listens: 'host:port' for TCP ('[v6]:port'), the path of a unix socket. */
  readonly addresses: readonly string[]
  /** Where it takes datagrams. */
  readonly udpAddresses: readonly string[]
  /** The first of them. */
  readonly address: string
  /** The first TCP port it listens on; 0 if there is none. */
  readonly port: number
  /** What `stats` tells, name by name; `group` as in `stats items`. */
  stats (group?: string): Promise<Record<string, string>>
  /**
   * Reads the files of users and certificates anew, as memcached does on SIGHUP. What is bad is
   * logged and stays as it was. Answers whether all was good.
   */
  reload (): boolean
  /**
   * Stops listening, closes every connection, destroys the engine. With `save` the items go to
   * `memoryFile`, for the next start. Rejects if they can't.
   */
  close (options?: { save?: boolean }): Promise<void>
}

/** Starts a memcached; settles once it listens. Rejects with an Error fit for an operator. */
export async function createServer (options: ServerOptions = {}): Promise<Server> {
  const server = new MemplugServer(settingsOf(options))
  await server.start()
  return server
}

function settingsOf (options: ServerOptions): ServerSettings {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return withAuth({ ...defaults, ...Object.fromEntries(given) })
}

/** What a worker needs to end, beside the time that its engine may take: milliseconds. */
const MARGIN = 1000

class MemplugServer implements Server {
  addresses: string[] = []
  udpAddresses: string[] = []
  readonly #settings: ServerSettings
  readonly #transport: Transport
  #core: Core | undefined
  #udp: UdpTransport | undefined
  #tls: SecureConnections | undefined
  #pool: WorkerPool | undefined
  #closing: Promise<void> | undefined
  #host: EngineHost | undefined
  #memoryFile: MemoryFile | undefined

  constructor (settings: ServerSettings) {
    this.#settings = settings
    this.#transport = createTransport(settings.transport, settings.log)
  }

  get address (): string { return this.addresses[0] ?? '' }

  get port (): number {
    if (this.#settings.socketPath !== undefined) return 0
    const tcp = this.addresses.find(address => /:\d+$/.test(address))
    return tcp === undefined ? 0 : Number(tcp.slice(tcp.lastIndexOf(':') + 1))
  }

  async start (): Promise<void> {
    try {
      await this.#start()
    } catch (error) {
      await this.close().catch(() => {}) // what went wrong first is what counts
      throw error
    }
  }

  async #start (): Promise<void> {
    const settings = this.#settings
    const addresses = addressesOf(settings)
    const auth = Auth.of(settings)
    const from = process.cwd()
    const engine = await makeEngine(settings.engine, from)
    const workers = countWorkers(settings, engine, this.#transport)
    this.#memoryFile = await this.#openMemoryFile(engine, workers + 1)
    const epoch = this.#memoryFile?.open() ?? newEpoch()
    const shared = new Shared(Shared.reserve(workers + 1, settings.maxConnectionsPerAddress), 0)
    shared.verbosity = settings.verbosity
    const clock = new Clock(shared, epoch)
    const host = new EngineHost(settings, clock, 0, workers + 1, endProcess)
    this.#host = host
    await startEngine(engine, host)
    await this.#memoryFile?.load(host, shared)
    const core = new Core(engine, settings, clock, this.#transport.output, shared)
    core.foresight.follow(this.#transport.batch)
    core.auth = auth
    await this.#secure(core)
    this.#core = core
    host.watch = core.watchers
    core.shutDown = settings.onShutdown ?? (() => { void this.close() })
    clock.start(() => {
      flushIfDue(core)
      sweep(core)
    })
    if (workers > 0) {
      this.#startWorkers(core, { workers, from, epoch, engineShared: host.shared })
    }
    for (const address of addresses) this.addresses.push(await this.#listen(address))
    await this.#listenUdp(core, udpAddressesOf(settings))
    settings.log('info', `listening on ${this.addresses.join(', ')}: engine ` +
      `${engine.getInfo().name}, transport ${this.#transport.name}, ` +
      `threads ${Math.max(1, workers)}`)
  }

  async stats (group = ''): Promise<Record<string, string>> {
    const told: Record<string, string> = {}
    const answer = this.#core!.stats.collect(group, (name, value) => {
      told[name] = String(value)
    })
    const status = await inTime(answer, this.#settings.engineTimeout, `statistics '${group}'`)
    if (status === Status.SUCCESS) return told
    throw new Error(`no statistics named '${group}'`)
  }

  reload (): boolean {
    const areCertificatesGood = (this.#tls?.refresh() ?? null) === null
    const auth = this.#core?.auth ?? null
    if (auth === null) return areCertificatesGood
    const areUsersGood = auth.reload()
    if (areUsersGood) this.#pool?.setUsers(auth.text)
    return areUsersGood && areCertificatesGood
  }

  close ({ save = false } = {}): Promise<void> {
    this.#closing ??= this.#close(save)
    return this.#closing
  }

  async #close (save: boolean): Promise<void> {
    const core = this.#core
    core?.clock.stop()
    await this.#udp?.close()
    await this.#tls?.transport.close()
    await this.#transport.close()
    await this.#pool?.stop(2 * this.#settings.engineTimeout + MARGIN)
    if (core === undefined) return
    await core.waiting.drain()
    const items = this.#host!.shared
    await stopEngine(core.engine, this.#settings.engineTimeout)
    if (save) this.#memoryFile?.save(items, core.clock, core.shared)
  }

  #startWorkers (core: Core, { workers, ...common }: {
    workers: number, from: string, epoch: Epoch, engineShared: unknown
  }): void {
    const { log, onShutdown = core.shutDown, ...own } = this.#settings
    const settings = { ...own, transport: this.#transport.name as TransportName }
    const { shared } = core
    const start = (thread: number): WorkerStart =>
      ({
        ...common,
        settings,
        thread,
        threads: workers + 1,
        shared: shared.memory,
        users: core.auth?.text
      })
    const pool = new WorkerPool(workers, start, shared, log,
      (thread, cause) => { core.guard.inspect(thread, cause) },
      (add, asker) => { addConnections(core, add, asker) })
    this.#pool = pool
    core.describeConnections = async (add, asker) => {
      for (const [name, value] of await pool.describeConnections(asker)) add(name, value)
      return Status.SUCCESS
    }
    pool.onShutdown = onShutdown
    pool.onRefresh = () => core.refreshCertificates?.() ?? Promise.resolve(null)
    const outbox = new Outbox(settings.workerLogBuffer, events => { pool.relay.pass(0, events) })
    core.watchers.outbox = outbox
    pool.onTaken = () => { outbox.taken() }
    pool.onEvents = events => { core.watchers.take(events) }
    pool.start()
  }

  // What few servers use is loaded when it is asked for: a start is mostly the loading of modules.

  async #openMemoryFile (engine: Engine, threads: number): Promise<MemoryFile | undefined> {
    const { memoryFile } = this.#settings
    if (memoryFile === undefined) return undefined
    const { MemoryFile } = await import('./restart/memory-file.js')
    return new MemoryFile(memoryFile, engine, this.#settings, threads)
  }

  async #secure (core: Core): Promise<void> {
    const { tls } = this.#settings
    if (tls === undefined) return
    const { SecureConnections, tellTls } = await import('./tls/serve.js')
    const secure = new SecureConnections(core, tls, () => this.#hasRoom)
    this.#tls = secure
    core.refreshCertificates = () => Promise.resolve(secure.refresh())
    tellTls(core)
  }

  /** Answers where. With workers this thread only accepts, but for TLS. */
  async #listen (address: ListenAddress): Promise<string> {
    const transport = this.#transport
    const { backlog } = this.#settings
    const name = this.#tls?.serves(address) === true ? await this.#tls.listen(address, backlog)
      : this.#pool !== undefined && canHandOver(transport)
        ? await transport.listenFds(address, backlog, this.#handOver)
        : await transport.listen(address, backlog, this.#accept)
    this.#core!.listeners.push({ address: name })
    return name.replace(/^(tcp6?|unix):/, '')
  }

  /** However many workers there are, thread 0 serves the datagrams. */
  async #listenUdp (core: Core, addresses: readonly Address[]): Promise<void> {
    if (addresses.length === 0) return
    const { serveDatagrams } = await import('./udp/datagrams.js')
    this.#udp = serveDatagrams(core)
    for (const address of addresses) {
      const name = await this.#udp.listen(address)
      core.listeners.push({ address: name, isUdp: true })
      this.udpAddresses.push(name.replace(/^udp6?:/, ''))
    }
  }

  readonly #handOver: Take = (fd, local) => {
    if (this.#hasRoom) this.#pool!.hand(fd, local)
    else if (canHandOver(this.#transport)) this.#transport.adopt(fd, this.#refuse, local)
  }

  readonly #accept: Accept = link => {
    const core = this.#core!
    if (!this.#hasRoom) return this.#refuse()
    core.shared.addConnections(0, 1)
    return accept(core, link)
  }

  readonly #refuse = (): null => refuse(this.#core!)

  get #hasRoom (): boolean {
    return this.#core!.shared.connections < this.#settings.maxConnections
  }
}

/** Worker threads to start; 0 if this thread is to serve. */
function countWorkers (settings: ServerSettings, engine: Engine, transport: Transport): number {
  const { log, threads } = settings
  if (threads <= 1) return 0
  const { features, name } = engine.getInfo()
  const why = !features.includes('shared') ? `the engine ${name} is not shared between threads`
    : typeof settings.engine !== 'string' ? 'a thread can only load an engine by its name'
    : !canHandOver(transport) ? `the transport ${transport.name} can't hand connections over`
    : ''
  if (why === '') return threads
  log('info', `one thread serves in place of ${threads}: ${why}`)
  return 0
}
