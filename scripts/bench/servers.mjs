/** The servers that are compared: each in a process of its own, pinned to the first core. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { findFreePort, isListening } from '../ports.mjs'
import { buildProgram } from './programs.mjs'

const EXECUTABLE = fileURLToPath(new URL('../../packages/memplug/bin/memplug.js', import.meta.url))
const SERVER_CORE = '0'
const THREADS = / with (\d+) threads$/
const LOAD_CORE = '1'
const START_LIMIT_MS = 10_000

const canPin = (() => {
  try {
    execFileSync('taskset', ['-c', `${SERVER_CORE},${LOAD_CORE}`, 'true'])
    return true
  } catch {
    return false
  }
})()

/** The command that runs on one core, where the system can pin it. */
const pin = (core, command) => canPin ? ['taskset', '-c', core, ...command] : command

/** For the load generator: away from the servers. */
export const pinLoad = command => pin(LOAD_CORE, command)

const memcached = ['memcached', ...(process.getuid?.() === 0 ? ['-u', 'root'] : [])]

/** What can be compared, by name: 'slab over net', 'malloc with 2 threads', 'floor' (floor.c), … */
export function contender (name) {
  if (name === 'memcached') return memcached
  if (name === 'floor') return [buildProgram('floor')]
  if (name === 'memcached -R 1000') return [...memcached, '-R', '1000']
  const [engine, transport = 'auto'] = name.replace(THREADS, '').split(' over ')
  return [process.execPath, EXECUTABLE, '--engine', engine, '--transport', transport]
}

const threadsOf = name => Number(THREADS.exec(name)?.[1] ?? 1)

/** Starts a server with memcached's flags on a free port; settles when it takes connections. */
export async function startServer (name, flags) {
  const port = await findFreePort()
  const threads = threadsOf(name)
  const core = threads === 1 ? SERVER_CORE : `${SERVER_CORE},${LOAD_CORE}`
  const [program, ...args] = pin(core, [...contender(name), '-l', '127.0.0.1', '-p', String(port),
    ...flags, '-t', String(threads)])
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const deadline = Date.now() + START_LIMIT_MS
  while (!await isListening(port)) {
    if (Date.now() > deadline || child.exitCode !== null) throw new Error(`${name} did not start`)
    await sleep(5)
  }
  const stop = async () => {
    child.kill('SIGTERM')
    if (child.exitCode === null) await once(child, 'exit')
  }
  return { name, port, pid: child.pid, stop }
}
