/** set of 100 bytes, get and incr on each engine, without a server. */
import { engineCalls } from '../../test/support/engine-calls.mjs'
import { Socketless } from '../../test/support/socketless.mjs'
import { measure } from './measure.mjs'

// One engine to a process: a call that meets several is slower.
const [name = 'slab'] = process.argv.slice(2)
const { engine } = await Socketless.start(name)
const calls = engineCalls(engine)
for (const [call, run] of Object.entries(calls)) {
  // The map leaves arithmetic to the server.
  if (name !== 'map' || call !== 'engine incr') measure(`${name}: ${call}`, run)
}
