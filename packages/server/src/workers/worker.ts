import { parentPort, workerData } from 'node:worker_threads'
import { Status, type LogLevel } from '@memplug/engine'
import { canHandOver, createTransport, type HandingTransport } from '@memplug/transport'
import { accept } from '../accepting.js'
import { Auth } from '../auth/auth.js'
import { Clock } from '../clock.js'
import { Core } from '../core.js'
import { makeEngine, startEngine, stopEngine } from '../engine.js'
import { EngineHost } from '../host.js'
import type { ServerSettings } from '../options.js'
import { Shared } from '../shared.js'
import { addConnections } from '../stats/connections.js'
import { sweep } from '../sweep.js'
import { Outbox } from '../watch/outbox.js'
import { endProcessBy } from './ending.js'
import { tellTls } from '../tls/serve.js'
import type { FromWorker, Stat, ToWorker, WorkerStart } from './messages.js'

/** A worker thread: an engine instance, a transport and a Core of its own over shared items. */

const start = workerData as WorkerStart
const port = parentPort!
const tell = (message: FromWorker): void => { port.postMessage(message) }
const log = (level: LogLevel, message: string): void => { tell({ type: 'log', level, message }) }

const settings: ServerSettings = { ...start.settings, log }
const shared = new Shared(start.shared, start.thread)
const clock = new Clock(shared, start.epoch)
const end = (reason: string): never => endProcessBy(askToEnd, reason)
const host = new EngineHost(
  settings, clock, start.thread, start.threads, end, start.engineShared)
const engine = await makeEngine(settings.engine, start.from)
await startEngine(engine, host)
const transport = openTransport()
const core = new Core(engine, settings, clock, transport.output, shared)
core.foresight.follow(transport.batch)
host.watch = core.watchers
core.watchers.outbox =
  new Outbox(settings.workerLogBuffer, events => { tell({ type: 'events', events }) })
core.auth = Auth.of(settings, start.users)
tellTls(core)
core.shutDown = graceful => { tell({ type: 'shutdown', graceful }) }

/** What thread 0 is asked for, by the numbers of the requests. */
const asked = new Map<number, (stats: readonly Stat[]) => void>()
let requests = 0

/** Asks thread 0, by a message of the number that this gives it. */
function ask (messageOf: (request: number) => FromWorker): Promise<readonly Stat[]> {
  const request = ++requests
  return new Promise(resolve => {
    asked.set(request, resolve)
    tell(messageOf(request))
  })
}

core.describeConnections = async (add, asker) => {
  for (const [name, value] of await ask(request => ({ type: 'ask', request, asker }))) {
    add(name, value)
  }
  return Status.SUCCESS
}

if (settings.tls !== undefined) {
  core.refreshCertificates = async () => {
    const [fault] = await ask(request => ({ type: 'refresh', request }))
    return fault === undefined ? null : String(fault[1])
  }
}

port.on('message', (message: ToWorker) => {
  switch (message.type) {
    case 'adopt':
      shared.take()
      adopt(message.fd, message.local)
      break
    case 'users': core.auth?.take(message.text); break
    case 'describe': {
      const stats: Stat[] = []
      addConnections(core, (name, value) => { stats.push([name, value]) }, message.asker)
      tell({ type: 'described', request: message.request, stats })
      break
    }
    case 'told':
      asked.get(message.request)?.(message.stats)
      asked.delete(message.request)
      break
    case 'events':
      core.watchers.take(message.events)
      tell({ type: 'taken', from: message.from })
      break
    case 'taken': core.watchers.outbox!.taken(); break
    case 'stop': void stop()
  }
})
const sweeping = setInterval(() => { sweep(core) }, 1000)
tell({ type: 'ready' })

function askToEnd (reason: string): void { tell({ type: 'torn', reason }) }

/** Of the kind that thread 0 has. */
function openTransport (): HandingTransport {
  const transport = createTransport(settings.transport, log)
  if (canHandOver(transport)) return transport
  throw new Error(`the transport ${transport.name} can't take connections over`)
}

/** A connection that can't be taken over, memory being short for example, is lost alone. */
function adopt (fd: number, local: string): void {
  try {
    transport.adopt(fd, link => accept(core, link), local)
  } catch (error) {
    shared.addConnections(start.thread, -1)
    log('warn', `a connection is lost: ${(error as Error).message}`)
  }
}

async function stop (): Promise<void> {
  clearInterval(sweeping)
  await transport.close()
  await core.waiting.drain()
  await stopEngine(engine, settings.engineTimeout)
  port.close()
}
