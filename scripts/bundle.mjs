/**
 * Makes of each room that a server loads a few files, `<room>/bundle/`: a start is mostly the
 * loading of modules, and `dist/` has some two hundred of them.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

const ROOMS = [
  'packages/engine', 'packages/protocol', 'packages/transport', 'packages/arena',
  'packages/server', 'packages/memplug', 'engines/slab', 'engines/malloc', 'engines/map'
]

/** What others may import, as its package.json says; each has its source in `dist/`. */
function entriesOf (room) {
  const { exports } = JSON.parse(readFileSync(join(root, room, 'package.json'), 'utf8'))
  return Object.values(exports)
    .map(target => target.default.replace('./bundle/', 'dist/'))
}

async function bundle (room) {
  await build({
    absWorkingDir: join(root, room),
    entryPoints: entriesOf(room),
    outdir: 'bundle',
    bundle: true,
    splitting: true, // what is imported when it is asked for stays a file of its own
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning'
  })
}

await Promise.all(ROOMS.map(bundle))
