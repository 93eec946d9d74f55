/**
 * How long memplug takes from the start of its process to its first connection: the median of
 * ten runs, in milliseconds. `node scripts/startup.mjs [flags]` passes the flags on.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { findFreePort, isListening } from './ports.mjs'

const EXECUTABLE = fileURLToPath(new URL('../packages/memplug/bin/memplug.js', import.meta.url))
const RUNS = 10
/** Between attempts to connect: the figures are this much too high at most. */
const PAUSE_MS = 1

async function measure (flags) {
  const port = await findFreePort()
  const start = performance.now()
  const child = spawn(process.execPath, [EXECUTABLE, ...flags, '-p', String(port)],
    { stdio: ['ignore', 'ignore', 'inherit'] })
  const exit = once(child, 'exit')
  while (!await isListening(port)) {
    if (child.exitCode !== null) process.exit(child.exitCode)
    await sleep(PAUSE_MS)
  }
  const time = performance.now() - start
  child.kill('SIGTERM')
  await exit
  return time
}

const times = []
for (let run = 0; run < RUNS; run++) times.push(await measure(process.argv.slice(2)))
times.sort((a, b) => a - b)
const median = (times[RUNS / 2 - 1] + times[RUNS / 2]) / 2
process.stdout.write(`median of ${RUNS}: ${median.toFixed(0)} ms, ` +
  `from ${times[0].toFixed(0)} to ${times[RUNS - 1].toFixed(0)} ms\n`)
