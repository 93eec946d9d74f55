import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RawClient } from './client.js'

export const EXECUTABLE = fileURLToPath(
  new URL('../../packages/memplug/bin/memplug.js', import.meta.url))
const ECHO_ENGINE = new URL('../fixtures/echo-engine.mjs', import.meta.url).href
const START_LIMIT = 10_000

/** A run of the executable, from the start to the end. */
export interface Run {
  code: number | null
  stdout: string
  stderr: string
}

const running = new Set<ChildProcess>()

function launch (argv: string[], environment: NodeJS.ProcessEnv, cwd?: string): ChildProcess {
  const child = spawn(process.execPath, [EXECUTABLE, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment }, cwd
  })
  running.add(child)
  child.on('exit', () => running.delete(child))
  return child
}

/** Kills what tests left running. */
export function killAll (): void {
  for (const child of running) child.kill('SIGKILL')
}

/** Runs it to its end; a server that starts instead is ended, with code null. */
export async function run (
  argv: string[], environment: NodeJS.ProcessEnv = {}, cwd?: string
): Promise<Run> {
  const child = launch(argv, environment, cwd)
  const ended: Run = { code: null, stdout: '', stderr: '' }
  child.stdout!.setEncoding('utf8').on('data', (text: string) => { ended.stdout += text })
  child.stderr!.setEncoding('utf8').on('data', (text: string) => { ended.stderr += text })
  const deadline = setTimeout(() => child.kill('SIGKILL'), START_LIMIT)
  const [code] = await once(child, 'close') as [number | null]
  clearTimeout(deadline)
  return { ...ended, code }
}

/** The executable, listening. */
export class Running {
  readonly child: ChildProcess
  log = ''
  #closed = false

  constructor (child: ChildProcess) {
    this.child = child
    child.on('close', () => { this.#closed = true })
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.log += text
      child.emit('logged')
    })
  }

  get pid (): number {
    return this.child.pid!
  }

  get port (): number {
    return Number(/listening on [^,]*:(\d+)/.exec(this.log)![1])
  }

  async logs (text: string): Promise<void> {
    while (!this.log.includes(text)) {
      if (this.#closed) throw new Error(`ended before '${text}': '${this.log}'`)
      await Promise.race([once(this.child, 'logged'), once(this.child, 'close')])
    }
  }

  connect (): Promise<RawClient> {
    return RawClient.connect(this.port)
  }

  /** Its exit code, or the name of the signal that killed it. */
  async end (signal?: NodeJS.Signals): Promise<number | string> {
    const closed = once(this.child, 'close') as Promise<[number | null, string]>
    if (signal !== undefined) this.child.kill(signal)
    const [code, killer] = await closed
    return code ?? killer
  }
}

/** Starts it with -v, on a free port unless the flags say otherwise, and waits until it listens. */
export async function start (
  argv: string[], environment: NodeJS.ProcessEnv = {}
): Promise<Running> {
  const server = new Running(launch(['-p', '-1', '-v', ...argv], environment))
  await server.logs('ready in')
  return server
}

/** Starts it without waiting for anything but a line of its log. */
export async function startUntil (text: string, argv: string[]): Promise<Running> {
  const server = new Running(launch(argv, {}))
  await server.logs(text)
  return server
}

/** `npm start`, which builds what is stale first. */
export async function startWithNpm (argv: string[]): Promise<Running> {
  const child = spawn('npm', ['start', '--', '-p', '-1', '-v', ...argv], {
    stdio: ['ignore', 'ignore', 'pipe'], cwd: fileURLToPath(new URL('../..', import.meta.url))
  })
  running.add(child)
  child.on('exit', () => running.delete(child))
  const server = new Running(child)
  await server.logs('ready in')
  return server
}

/** A folder for the files of a test file. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'memplug-test-'))

  join (name: string): string {
    return join(this.path, name)
  }

  /** Writes a module; answers its path. */
  module (name: string, source: string): string {
    writeFileSync(this.join(name), source)
    return this.join(name)
  }

  /** Writes an engine that is the echo engine but for some functions; answers its path. */
  engine (name: string, functions: string): string {
    return this.module(name, `import { createEngine } from '${ECHO_ENGINE}'\n` +
      `export default () => ({ ...createEngine(), ${functions} })\n`)
  }

  remove (): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
