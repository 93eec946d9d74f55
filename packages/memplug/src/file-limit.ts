import { readFileSync } from 'node:fs'
import type { Logger } from './logger.js'

/** Files that are open beside the clients' sockets. */
const OWN_FILES = 64

/** Node has raised the limit as far as it may; beyond it, connections wait to be accepted. */
export function warnOfFileLimit (connections: number, logger: Logger): void {
  const limit = readFileLimit()
  if (connections + OWN_FILES <= limit) return
  logger.log('warn', `-c ${connections} needs more files than the limit of ${limit} allows ` +
    '(ulimit -n, LimitNOFILE=)')
}

function readFileLimit (): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8')
    return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Infinity)
  } catch {
    return Infinity
  }
}
