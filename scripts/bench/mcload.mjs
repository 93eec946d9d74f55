/** Builds the load generator, and runs it. */
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { pinLoad } from './servers.mjs'

const run = promisify(execFile)
const SOURCE = fileURLToPath(new URL('mcload.c', import.meta.url))
const FOLDER = fileURLToPath(new URL('../build/', import.meta.url))
const PROGRAM = `${FOLDER}mcload`

export function buildLoadGenerator () {
  mkdirSync(FOLDER, { recursive: true })
  if (existsSync(PROGRAM) && statSync(PROGRAM).mtimeMs > statSync(SOURCE).mtimeMs) return
  execFileSync('cc', ['-O2', '-o', PROGRAM, SOURCE, '-lm', '-lpthread'], { stdio: 'inherit' })
}

/** One run against a server; answers what mcload tells. Every hit is checked byte for byte. */
export async function runLoad ({ port, pid }, flags) {
  const [program, ...args] = pinLoad(
    [PROGRAM, '-j', '-p', String(port), '-S', String(pid), ...flags])
  const { stdout } = await run(program, args)
  return JSON.parse(stdout)
}
