import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { ExitCode, StartError } from './exit.js'

/** Tells the process that -d starts what it is. */
const MARK = 'MEMPLUG_DAEMON'

/** What that process tells the one that waits for it. */
interface Outcome {
  /** 0: it listens. */
  readonly exitCode: number
  /** For the operator's terminal. */
  readonly lines: readonly string[]
}

/**
 * -d, in the process that the operator started: starts the one that is to serve, in a session of
 * its own, and returns once it listens. Its stderr is the terminal's only if it is to say
 * something. Throws a StartError with its exit code if it can't start.
 */
export async function startDaemon (argv: readonly string[], verbosity: number): Promise<void> {
  const output = verbosity > 0 ? 'inherit' : 'ignore'
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1], ...argv], {
    detached: true,
    stdio: ['ignore', output, output, 'ipc'],
    env: { ...process.env, [MARK]: '1' }
  })
  const pass = (signal: NodeJS.Signals): void => { child.kill(signal) }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, pass)
  const { exitCode, lines } = await outcomeOf(child)
  if (exitCode !== 0) throw new StartError(exitCode as ExitCode, lines.join('\n'))
  for (const line of lines) process.stderr.write(`${line}\n`)
  child.disconnect()
  child.unref()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, pass)
}

async function outcomeOf (child: ChildProcess): Promise<Outcome> {
  const ended = once(child, 'exit').then(([code, signal]): Outcome => {
    const how = signal === null ? `the exit code ${code}` : String(signal)
    return {
      exitCode: (code as number | null) || ExitCode.SOFTWARE,
      lines: [`the daemon has ended with ${how} before it listened`]
    }
  })
  const told = once(child, 'message').then(([outcome]) => outcome as Outcome)
  return Promise.race([told, ended])
}

/** The waiting process, in the one that it has started. */
export class Waiting {
  /** Undefined in a process that no -d has started. */
  static find (): Waiting | undefined {
    if (process.env[MARK] === undefined || process.send === undefined) return undefined
    Reflect.deleteProperty(process.env, MARK)
    return new Waiting()
  }

  /** Ends its wait. It may be gone. */
  async tell (exitCode: number, lines: readonly string[]): Promise<void> {
    if (!process.connected) return
    await new Promise<void>(resolve => {
      process.send!({ exitCode, lines } satisfies Outcome, () => { resolve() })
    })
    if (process.connected) process.disconnect()
  }
}
