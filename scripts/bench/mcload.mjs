/** Builds the load generator, and runs it. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { buildProgram } from './programs.mjs'
import { pinLoad } from './servers.mjs'

const run = promisify(execFile)

export const buildLoadGenerator = () => buildProgram('mcload')

/** One run against a server; answers what mcload tells. Every hit is checked byte for byte. */
export async function runLoad ({ port, pid }, flags) {
  const [program, ...args] = pinLoad(
    [buildLoadGenerator(), '-j', '-p', String(port), '-S', String(pid), ...flags])
  const { stdout } = await run(program, args)
  return JSON.parse(stdout)
}
