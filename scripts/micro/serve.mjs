/** Whole requests, from their bytes to those of the reply, without a socket: 20 to a read. */
import { Socketless } from '../../test/support/socketless.mjs'
import { measure } from './measure.mjs'

const BATCH = 20
// One engine to a process: a call that meets several is slower.
const [name = 'slab'] = process.argv.slice(2)
const server = await Socketless.start(name)
const batches = server.batches(BATCH)
server.isWatched = false
for (const [request, run] of Object.entries(batches)) measure(`${name}: ${request}`, run, BATCH)
