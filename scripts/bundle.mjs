/**
 * Makes of each room that a server loads a few files, `<room>/bundle/`, if those it has are stale:
 * a start is mostly the loading of modules, and `dist/` has some two hundred of them.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rollup } from '@rollup/wasm-node'

const root = fileURLToPath(new URL('..', import.meta.url))

const ROOMS = [
  'packages/engine', 'packages/protocol', 'packages/transport', 'packages/arena',
  'packages/server', 'packages/memplug', 'engines/slab', 'engines/malloc', 'engines/map'
]

/** What others may import, as its package.json says: names in `bundle/`, and their sources. */
function entriesOf (room) {
  const { exports } = JSON.parse(readFileSync(join(root, room, 'package.json'), 'utf8'))
  const names = Object.values(exports)
    .map(target => /^\.\/bundle\/(.+)\.js$/.exec(target.default)[1])
  return Object.fromEntries(names.map(name => [name, join(root, room, 'dist', `${name}.js`)]))
}

const timeOf = file => statSync(file).mtimeMs

/** Where a source was compiled since. */
function isStale (room) {
  const built = Object.keys(entriesOf(room)).map(name => join(root, room, 'bundle', `${name}.js`))
  if (!built.every(existsSync)) return true
  const dist = join(root, room, 'dist')
  const newest = Math.max(...readdirSync(dist, { recursive: true })
    .map(name => timeOf(join(dist, name))))
  return Math.min(...built.map(timeOf)) < newest
}

/** Rollup leaves constants constant: as variables they would cost a load at each use. */
async function bundle (room) {
  const bundled = await rollup({
    input: entriesOf(room),
    external: name => !/^[./]/.test(name), // other packages, and Node's modules
    onwarn: ({ code, message }) => { if (code !== 'CIRCULAR_DEPENDENCY') throw new Error(message) }
  })
  await bundled.write({
    dir: join(root, room, 'bundle'),
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js' // what is imported when it is asked for
  })
  await bundled.close()
}

await Promise.all(ROOMS.filter(isStale).map(bundle))
