/** The native addons: `<room>/native/<name>.c`, each C over N-API without any dependency. */
import { existsSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
export const flags = ['-O2', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC']

/** The path of each addon's source. */
export function listSources () {
  return ['packages', 'engines'].filter(floor => existsSync(join(root, floor))).flatMap(floor => {
    const rooms = readdirSync(join(root, floor)).map(room => join(root, floor, room, 'native'))
    return rooms.filter(folder => existsSync(folder)).flatMap(folder => {
      return readdirSync(folder).filter(name => name.endsWith('.c')).map(name => join(folder, name))
    })
  })
}

/** Where an addon belongs, in a folder of its room. */
export function targetOf (source, folder) {
  return join(dirname(dirname(source)), folder, `${basename(source, '.c')}.node`)
}

/** The folder of node_api.h: npm's nodedir, beside this node, or where node-gyp keeps it. */
export function findHeaders () {
  const folders = [
    process.env.npm_config_nodedir,
    dirname(dirname(process.execPath)),
    process.config.variables.node_prefix,
    join(homedir(), '.cache', 'node-gyp', process.versions.node)
  ]
  return folders.filter(Boolean).map(folder => join(folder, 'include', 'node'))
    .find(folder => existsSync(join(folder, 'node_api.h')))
}
