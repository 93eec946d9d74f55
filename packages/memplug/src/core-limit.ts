import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { ExitCode, StartError } from './exit.js'

/**
 * -r: lets a crash leave as large a core file as this process may ask for. Node can't set a limit,
 * prlimit of util-linux can.
 */
export function raiseCoreLimit (): void {
  const pid = String(process.pid)
  const set = (limit: string): boolean =>
    spawnSync('prlimit', ['--pid', pid, `--core=${limit}`], { stdio: 'ignore' }).status === 0
  if (set('unlimited') || set(`${hardLimit()}:${hardLimit()}`)) return
  throw new StartError(ExitCode.OS, 'failed to ensure corefile creation')
}

function hardLimit (): string {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8')
    const hard = /^Max core file size\s+\S+\s+(\S+)/m.exec(limits)?.[1] ?? '0'
    return hard === '0' ? 'none' : hard
  } catch {
    return 'none'
  }
}
