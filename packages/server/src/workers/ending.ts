import { writeSync } from 'node:fs'

/** sysexits.h EX_SOFTWARE: a fault, after which nothing can be served. */
export const EX_SOFTWARE = 70

/** How long thread 0 may take to end the process for a worker, in milliseconds. */
const PATIENCE = 5000

/** On thread 0. */
export function endProcess (reason: string): never {
  tellWhy(reason)
  process.exit(EX_SOFTWARE)
}

/**
 * On a worker, whose process.exit() would end it alone: `ask` asks thread 0, while this thread
 * does nothing more. Should thread 0 not do it, the process is killed.
 */
export function endProcessBy (ask: (reason: string) => void, reason: string): never {
  ask(reason)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PATIENCE)
  tellWhy(reason)
  process.kill(process.pid, 'SIGKILL')
  throw new Error(reason)
}

function tellWhy (reason: string): void {
  try {
    writeSync(2, `memplug: ${reason}: items may be torn, so the process ends\n`)
  } catch {
    // Nobody reads it.
  }
}
