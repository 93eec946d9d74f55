/**
 * Prints, as JSON, the bytes of garbage that one request makes: through the engine alone, and
 * through connection, protocol and engine, without a socket. Run with --expose-gc; the argument
 * is the engine's name.
 */
import { engineCalls } from '../support/engine-calls.mjs'
import { garbageOf } from '../support/garbage-of.mjs'
import { Socketless } from '../support/socketless.mjs'

const CALLS = 100_000
const BATCH = 20

const server = await Socketless.start(process.argv[2])
const calls = engineCalls(server.engine)
const batches = server.batches(BATCH)
server.isWatched = false

const bytes = Buffer.alloc(8)
let seen = 0
const figures = {
  empty: garbageOf(() => { seen++ }, CALLS),
  /** Proves that garbage is seen. */
  control: garbageOf(() => { seen += bytes.subarray(0, 3).length }, CALLS)
}
for (const [name, call] of Object.entries(calls)) figures[name] = garbageOf(call, CALLS)
for (const [name, call] of Object.entries(batches)) figures[name] = garbageOf(call, CALLS, BATCH)
process.stdout.write(JSON.stringify(figures))
if (seen === 0) throw new Error('nothing was done')
