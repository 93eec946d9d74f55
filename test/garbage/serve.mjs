/**
 * Prints, as JSON, the bytes of garbage that one request makes: through the engine alone, and
 * through connection, protocol and engine, without a socket. Run with --expose-gc; the argument
 * is the engine's name.
 */
import { engineCalls } from '../support/engine-calls.mjs'
import { Socketless } from '../support/socketless.mjs'

const CALLS = 100_000
const ROUNDS = 5
const BATCH = 20

/** Bytes per request that a loop of calls leaves on the heap. */
function garbageOf (call, batch) {
  let least = Infinity
  for (let round = 0; round <= ROUNDS; round++) {
    globalThis.gc()
    const before = process.memoryUsage().heapUsed
    for (let i = 0; i < CALLS / batch; i++) call()
    const garbage = (process.memoryUsage().heapUsed - before) / CALLS
    // The first round compiles.
    if (round > 0) least = Math.min(least, garbage)
  }
  return least
}

const server = await Socketless.start(process.argv[2])
const calls = engineCalls(server.engine)
const batches = server.batches(BATCH)
server.isWatched = false

const bytes = Buffer.alloc(8)
let seen = 0
const figures = {
  empty: garbageOf(() => { seen++ }, 1),
  /** Proves that garbage is seen. */
  control: garbageOf(() => { seen += bytes.subarray(0, 3).length }, 1)
}
for (const [name, call] of Object.entries(calls)) figures[name] = garbageOf(call, 1)
for (const [name, call] of Object.entries(batches)) figures[name] = garbageOf(call, BATCH)
process.stdout.write(JSON.stringify(figures))
if (seen === 0) throw new Error('nothing was done')
