/** Whole requests, from their bytes to those of the reply, without a socket: 20 to a read. */
import { Socketless } from '../../test/support/socketless.mjs'
import { measure } from './measure.mjs'

const BATCH = 20
const engines = process.argv.slice(2)
for (const name of engines.length > 0 ? engines : ['slab', 'malloc']) {
  const server = await Socketless.start(name)
  const batches = server.batches(BATCH)
  server.isWatched = false
  for (const [request, run] of Object.entries(batches)) measure(`${name}: ${request}`, run, BATCH)
}
