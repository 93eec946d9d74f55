import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createConnection, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { loadAddon } from '@memplug/transport'

const EXECUTABLE = fileURLToPath(new URL('../../packages/memplug/bin/memplug.js', import.meta.url))
const START_LIMIT = 10_000

/** A command to test in memplug's place, with its flags: 'memcached -u root'. */
const substitute = process.env['MEMPLUG_TEST_SERVER']

/** True when MEMPLUG_TEST_SERVER names some other server to test. */
export const isSubstitute = substitute !== undefined

/** The engines that every test of the whole server runs with. */
export const engines = isSubstitute ? ['substitute'] : ['slab', 'malloc']
export const allEngines = isSubstitute ? engines : [...engines, 'map']

/** The transports that there are here. */
export const transports = hasEpoll() ? ['epoll', 'net'] as const : ['net'] as const

function hasEpoll (): boolean {
  try {
    return loadAddon().revision > 0
  } catch {
    return false
  }
}

const running = new Set<ChildProcess>()
afterAll(() => { for (const child of running) child.kill('SIGKILL') })

/** A server in a process of its own, which ends with the test file if not before. */
export interface ServerProcess {
  readonly port: number
  readonly pid: number
  readonly child: ChildProcess
  /** What it wrote to stderr so far. */
  log (): string
  /** Ends it; answers its exit code. */
  stop (): Promise<number | null>
}

/** Starts the server under test with memcached's flags; settles when it takes connections. */
export function startServer (engine: string, flags: string[] = []): Promise<ServerProcess> {
  if (substitute !== undefined) return start([...substitute.split(' '), ...flags])
  return start([process.execPath, EXECUTABLE, '--engine', engine, '-v', ...flags])
}

/** Starts the installed memcached. */
export function startMemcached (flags: string[] = []): Promise<ServerProcess> {
  const user = process.getuid?.() === 0 ? ['-u', 'root'] : []
  return start(['memcached', ...user, ...flags])
}

async function start (command: string[]): Promise<ServerProcess> {
  for (let attempt = 1; ; attempt++) {
    const port = await findFreePort()
    const server = await tryStart(command, port)
    if (typeof server !== 'string') return server
    if (attempt === 3) throw new Error(`${command.join(' ')} did not start: ${server}`)
  }
}

/** Answers the server, or why there is none: the port may have been taken meanwhile. */
async function tryStart (command: string[], port: number): Promise<ServerProcess | string> {
  const args = [...command.slice(1), '-l', '127.0.0.1', '-p', String(port)]
  const child = spawn(command[0], args, { stdio: ['ignore', 'ignore', 'pipe'] })
  running.add(child)
  child.on('exit', () => running.delete(child))
  let log = ''
  let failure = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => { log += text })
  child.on('error', error => { failure = error.message })
  const exit = once(child, 'exit').catch(() => [null])
  const isOver = (): boolean => failure !== '' || child.exitCode !== null
  const deadline = Date.now() + START_LIMIT
  while (!isOver() && !await canConnect(port)) {
    if (Date.now() > deadline) failure = 'it takes no connection'
    await sleep(10)
  }
  if (isOver()) {
    child.kill('SIGKILL')
    return failure || log
  }
  return {
    port,
    pid: child.pid!,
    child,
    log: () => log,
    async stop () {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
      const [code] = await exit as [number | null]
      clearTimeout(timer)
      return code
    }
  }
}

function canConnect (port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createConnection({ port, host: '127.0.0.1' })
    socket.on('connect', () => { socket.destroy(); resolve(true) })
    socket.on('error', () => resolve(false))
  })
}

/** Below the range from which the system takes the ports of outgoing connections. */
const PORTS = { first: 12_000, count: 18_000 }
let nextPort = (process.pid * 97 + Number(process.env['JEST_WORKER_ID'] ?? 0) * 4999) % PORTS.count

export async function findFreePort (): Promise<number> {
  for (;;) {
    nextPort = (nextPort + 1) % PORTS.count
    const port = PORTS.first + nextPort
    if (await canListen(port)) return port
  }
}

function canListen (port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.on('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
