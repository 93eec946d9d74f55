import { once } from 'node:events'
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import type { AddStat } from '@memplug/engine'
import { inOrder } from '../stats/connections.js'
import { Counter } from '../counters.js'
import type { Log } from '../options.js'
import type { Shared } from '../shared.js'
import type { WatchEvent } from '../watch/outbox.js'
import { EventRelay } from './event-relay.js'
import { endProcess, EX_SOFTWARE } from './ending.js'
import { Handed } from './handed.js'
import type { FromWorker, Stat, ToWorker, WorkerStart } from './messages.js'

/** By its package's name: tests that run the sources start the built one too. */
const ENTRY = createRequire(import.meta.url).resolve('@memplug/server/worker')

/** `stats conns` of thread 0, asked on that connection. */
export type DescribeOwn = (add: AddStat, asker: number) => void

/** Tells how to start the worker of a thread: the same again if it died. */
export type Describe = (thread: number) => WorkerStart

/** Has the engine look whether a thread that has ended left its items whole. */
export type Inspect = (thread: number, cause: string) => void

/** The worker threads, 1 to `count`. Thread 0 accepts, and hands them their sockets. */
export class WorkerPool {
  readonly #workers: (Worker | undefined)[] = []
  readonly #handed: Handed[] = []
  readonly #count: number
  readonly #describe: Describe
  readonly #describeOwn: DescribeOwn
  readonly #shared: Shared
  readonly #log: Log
  readonly #inspect: Inspect
  readonly #asked = new Map<number, (stats: readonly Stat[]) => void>()
  readonly relay: EventRelay
  /** Of a worker, for those who watch on thread 0: over TLS. */
  onEvents: (events: readonly WatchEvent[]) => void = () => {}
  /** What thread 0 passed on was taken. */
  onTaken: () => void = () => {}
  /** A client of a worker asks for the end of the server. */
  onShutdown: (graceful: boolean) => void = () => {}
  onRefresh: () => Promise<string | null> = () => Promise.resolve(null)
  #requests = 0
  #stopping = false

  constructor (
    count: number, describe: Describe, shared: Shared, log: Log, inspect: Inspect,
    describeOwn: DescribeOwn
  ) {
    this.#count = count
    this.#describe = describe
    this.#describeOwn = describeOwn
    this.#shared = shared
    this.#log = log
    this.relay = new EventRelay(shared.streams, count, {
      give: (to, from, events) => to === 0
        ? this.#takeOwn(events) : this.#tell(to, { type: 'events', from, events }),
      taken: from => {
        if (from === 0) this.onTaken()
        else this.#tell(from, { type: 'taken' })
      },
      skipped: count => { shared.counters[Counter.log_watcher_skipped] += count }
    })
    this.#inspect = inspect
  }

  /** Starts the threads. What is handed to one that is not ready yet waits for it. */
  start (): void {
    for (let thread = 1; thread <= this.#count; thread++) this.#startWorker(thread)
  }

  /** Hands an accepted socket to the worker with the fewest connections. */
  hand (fd: number, local: string): void {
    const thread = this.#fewest()
    this.#shared.addConnections(thread, 1)
    this.#handed[thread].add(fd)
    this.#tell(thread, { type: 'adopt', fd, local })
  }

  /** `stats conns` of all threads. */
  async describeConnections (asker: number): Promise<readonly Stat[]> {
    const own: Stat[] = []
    this.#describeOwn((name, value) => { own.push([name, value]) }, asker)
    const alive = [...this.#workers.keys()].filter(thread => this.#workers[thread] !== undefined)
    const all = await Promise.all(alive.map(thread => this.#askConnections(thread, asker)))
    return inOrder([...own, ...all.flat()])
  }

  /** Tells all workers who may log in from now on. */
  setUsers (text: string): void {
    for (const worker of this.#workers) {
      worker?.postMessage({ type: 'users', text } satisfies ToWorker)
    }
  }

  /** A worker that has not ended after so many milliseconds is ended. */
  async stop (patience: number): Promise<void> {
    this.#stopping = true
    const alive = this.#workers.filter(worker => worker !== undefined)
    await Promise.all(alive.map(async worker => {
      const timer = setTimeout(() => void worker.terminate(), patience)
      worker.postMessage({ type: 'stop' } satisfies ToWorker)
      await once(worker, 'exit')
      clearTimeout(timer)
    }))
  }

  #fewest (): number {
    let best = 0
    for (let thread = 1; thread <= this.#count; thread++) {
      if (this.#workers[thread] === undefined) continue
      if (best === 0 || this.#shared.connectionsOf(thread) < this.#shared.connectionsOf(best)) {
        best = thread
      }
    }
    return best === 0 ? 1 : best
  }

  #tell (thread: number, message: ToWorker): boolean {
    this.#workers[thread]?.postMessage(message)
    return this.#workers[thread] !== undefined
  }

  #takeOwn (events: readonly WatchEvent[]): boolean {
    this.onEvents(events)
    return false
  }

  #askConnections (thread: number, asker: number): Promise<readonly Stat[]> {
    const request = ++this.#requests
    return new Promise(resolve => {
      this.#asked.set(request, resolve)
      this.#workers[thread]!.once('exit', () => { this.#answer(request, []) })
      this.#tell(thread, { type: 'describe', request, asker })
    })
  }

  /** A worker's connection asks for the connections of all. */
  async #tellAll (thread: number, request: number, asker: number): Promise<void> {
    this.#tell(thread, { type: 'told', request, stats: await this.describeConnections(asker) })
  }

  /** Asked by a worker: has the certificates read anew, and tells what is wrong with them. */
  async #refresh (thread: number, request: number): Promise<void> {
    const fault = await this.onRefresh()
    this.#tell(thread, { type: 'told', request, stats: fault === null ? [] : [['', fault]] })
  }

  #answer (request: number, stats: readonly Stat[]): void {
    this.#asked.get(request)?.(stats)
    this.#asked.delete(request)
  }

  #startWorker (thread: number): void {
    const worker = new Worker(ENTRY, { workerData: this.#describe(thread) })
    this.#workers[thread] = worker
    this.#handed[thread] = new Handed(this.#shared, thread)
    let ready = false
    worker.on('message', (message: FromWorker) => {
      if (message.type === 'log') this.#log(message.level, message.message)
      else if (message.type === 'torn') endProcess(message.reason)
      else if (message.type === 'shutdown') this.onShutdown(message.graceful)
      else if (message.type === 'events') this.relay.pass(thread, message.events)
      else if (message.type === 'taken') this.relay.takenBy(thread, message.from)
      else if (message.type === 'described') this.#answer(message.request, message.stats)
      else if (message.type === 'refresh') void this.#refresh(thread, message.request)
      else if (message.type === 'ask') void this.#tellAll(thread, message.request, message.asker)
      else ready = true
    })
    worker.on('error', error => { this.#log('error', `worker ${thread}: ${error.message}`, error) })
    worker.on('exit', () => { this.#ended(thread, ready) })
  }

  /** Its connections went with it; the engine of the one in its place ends its holds. */
  #ended (thread: number, wasReady: boolean): void {
    this.#workers[thread] = undefined
    this.#handed[thread].close()
    this.#shared.clearConnections(thread)
    this.#shared.addresses.clear(thread)
    this.#shared.endDump(thread)
    this.relay.ended(thread)
    if (this.#stopping) return
    this.#inspect(thread, 'it has ended')
    if (wasReady) {
      this.#log('warn', `worker ${thread} has ended and is replaced`)
      this.#startWorker(thread)
      return
    }
    this.#log('error', `worker ${thread} can't start: the process ends`)
    process.exit(EX_SOFTWARE)
  }
}
