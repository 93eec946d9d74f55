import { Status, type AddStat, type Answer, type Engine, type Feature } from '@memplug/engine'
import { copyLongBy, Line } from '@memplug/protocol'
import { copyBytes, type Output } from '@memplug/transport'
import type { Auth } from './auth/auth.js'
import { Buffers } from './buffers.js'
import type { Clock } from './clock.js'
import type { Connection } from './connection.js'
import { Emulation } from './emulation.js'
import { Foresight } from './foresight.js'
import { Gauge } from './gauges.js'
import { Guard } from './guard.js'
import type { ServerSettings } from './options.js'
import type { Shared } from './shared.js'
import { addConnections, FIRST_ID, type Listener } from './stats/connections.js'
import { Stats } from './stats/stats.js'
import { Task } from './task.js'
import { Turn } from './turn.js'
import { Waiting } from './waiting.js'
import { WatchedCalls } from './watch/watched-calls.js'
import { Watchers } from './watch/watchers.js'

copyLongBy(copyBytes)

/** What all connections of one worker share. */
export class Core {
  readonly engine: Engine
  readonly guard: Guard
  readonly settings: ServerSettings
  readonly clock: Clock
  readonly output: Output
  readonly shared: Shared
  readonly counters: Float64Array
  readonly connections = new Set<Connection>()
  readonly waiting: Waiting
  readonly emulate: Emulation
  readonly stats: Stats
  readonly foresight: Foresight
  readonly watchers: Watchers
  /** Null: everybody may do everything. */
  auth: Auth | null = null
  readonly turn: Turn
  readonly buffers: Buffers
  /** Answers what is wrong, or null. Null: there are no certificates. */
  refreshCertificates: (() => Promise<string | null>) | null = null
  /** The tokens of the line at hand. */
  readonly line = new Line()
  /** The task of the request at hand. Whoever keeps it puts a new one in its place. */
  task = new Task()
  /** The engine's answers may be promises: keys are kept for them. */
  readonly isAsync: boolean
  readonly hasCas: boolean
  /** The engine keeps what the meta commands ask for. */
  readonly hasMeta: boolean
  readonly #free: Task[] = []
  #connectionsMade = 0

  constructor (
    engine: Engine, settings: ServerSettings, clock: Clock, output: Output, shared: Shared
  ) {
    this.engine = engine
    this.guard = new Guard(engine, settings.log, shared.thread)
    this.settings = settings
    this.clock = clock
    this.output = output
    this.shared = shared
    this.counters = shared.counters
    shared.prefixes.delimiter = settings.prefixDelimiter.charCodeAt(0)
    if (shared.thread === 0) shared.begin(settings)
    this.waiting = new Waiting(this, settings.engineTimeout)
    this.emulate = new Emulation(this)
    this.stats = new Stats(this)
    this.foresight = new Foresight(this.guard)
    const has = (feature: Feature) => engine.getInfo().features.includes(feature)
    this.isAsync = has('async')
    this.hasCas = has('cas')
    this.hasMeta = has('meta')
    this.turn = new Turn(settings, shared.counters)
    // A thread that had this number before may have died with something in its hands.
    shared.gauges.fill(0)
    this.buffers = new Buffers(settings, shared.gauges)
    this.watchers = new Watchers(shared, settings)
    const { thread } = shared
    this.guard.watchWith(this.watchers.streams, new WatchedCalls(
      new Guard(engine, settings.log, thread), this.watchers, () => clock.now, has('meta')))
  }

  /** Where the server listens, if this is its first thread. */
  readonly listeners: Listener[] = []
  /** `stats conns`, asked on that connection; a server with workers tells those of all. */
  describeConnections = (add: AddStat, asker: number): Answer => {
    addConnections(this, add, asker)
    return Status.SUCCESS
  }

  /** The command shutdown: the first thread sees to it. */
  shutDown: (graceful: boolean) => void = () => {}

  /** A number for a connection that no other has, on whatever thread. */
  nextId (): number {
    const { thread, memory: { threads } } = this.shared
    return FIRST_ID + ++this.#connectionsMade * threads + thread
  }

  newTask (): Task {
    this.shared.gauges[Gauge.REPLIES]++
    return this.#free.pop() ?? new Task()
  }

  /** The task at hand, now the caller's to keep. */
  takeTask (): Task {
    const { task } = this
    this.task = this.newTask()
    return task
  }

  giveBack (task: Task): void {
    this.shared.gauges[Gauge.REPLIES]--
    task.connection = null
    task.finish = null
    this.#free.push(task)
  }

  /** Requests and replies are logged. */
  get verbose (): boolean { return this.shared.verbosity >= 2 }
}
