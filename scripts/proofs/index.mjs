/** Every proof by its name, and how one is run. */
import { auth } from './auth.mjs'
import { background } from './background.mjs'
import { churn, idle } from './connections.mjs'
import { cas, incr } from './counting.mjs'
import { stop } from './ending.mjs'
import { flooding } from './flooding.mjs'
import { garbage, memory } from './load.mjs'
import { dump, watchers } from './onlookers.mjs'
import { prefixes } from './prefixes.mjs'
import { multiget, reader } from './retrieval.mjs'
import { startServer } from './server.mjs'
import { tls } from './tls.mjs'

export const proofs = {
  idle, churn, reader, multiget, incr, cas, garbage, memory, flooding, background, dump, watchers,
  prefixes, stop, auth, tls
}

/**
 * Proves one at its full or small size; `given` may have engine, transport, threads and sizes.
 * Answers what was measured: { what, measured, bound, kind: 'most' or 'least', holds }.
 */
export async function run (name, given = {}) {
  const { small, engine = 'slab', transport = 'auto', threads = 1, ...own } = given
  const proof = proofs[name]
  if (proof === undefined) throw new Error(`no proof is named ${name}`)
  const sizes = { ...small ? proof.small : proof.full }
  for (const size of Object.keys(sizes)) {
    if (own[size] !== undefined) sizes[size] = Number(own[size])
  }
  const options = { engine, transport, threads: Number(threads), ...proof.server?.(sizes, engine) }
  // What is about the executable starts it itself.
  const server = proof.server && await startServer(options, proof.flags)
  const rows = []
  const report = (what, measured, bound, kind = 'most') => {
    const holds = kind === 'least' ? measured >= bound : measured <= bound
    rows.push({ what, measured, bound, kind, holds })
  }
  try {
    await proof.prove(server, sizes, report, options)
  } finally {
    await server?.stop()
  }
  return rows
}
