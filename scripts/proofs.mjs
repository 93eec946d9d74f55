/**
 * Proves what docs/reliability.md promises: `node scripts/proofs.mjs [names] [--small]
 * [--engine slab] [--transport epoll] [--threads 1] [--<size> <number>]`. Prints what was measured
 * beside its bound, and ends with 1 if a bound is broken. Without names it proves everything,
 * which takes some minutes and both cores.
 */
import process from 'node:process'
import { parseArgs } from 'node:util'
import { proofs, run } from './proofs/index.mjs'

const sizes = [...new Set(Object.values(proofs).flatMap(({ full }) => Object.keys(full)))]
const text = Object.fromEntries(
  ['engine', 'transport', 'threads', ...sizes].map(name => [name, { type: 'string' }]))
const { values, positionals } = parseArgs({
  allowPositionals: true, options: { ...text, small: { type: 'boolean', default: false } }
})

let isProved = true
for (const name of positionals.length > 0 ? positionals : Object.keys(proofs)) {
  const rows = await run(name, values)
  for (const { what, measured, bound, kind, holds } of rows) {
    const limit = bound === Infinity ? '' : ` (at ${kind} ${bound})`
    console.log(`${holds ? 'ok    ' : 'BROKEN'} ${name}: ${what}: ${+measured.toFixed(2)}${limit}`)
    isProved &&= holds
  }
}
process.exit(isProved ? 0 : 1)
