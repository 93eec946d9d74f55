/**
 * Builds every addon `<room>/native/<name>.c` as `<room>/build/<name>.node`, where that is older
 * than a file beside its source. An addon is C over N-API, without any dependency. Where there is
 * no compiler, or none of Node's headers, one line says so, and memplug does without.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const compiler = process.env.CC ?? 'cc'
const flags = ['-O2', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC']
if (process.platform === 'darwin') flags.push('-undefined', 'dynamic_lookup')

function listSources () {
  return ['packages', 'engines'].flatMap(floor => {
    const rooms = readdirSync(join(root, floor)).map(room => join(root, floor, room, 'native'))
    return rooms.filter(folder => existsSync(folder)).flatMap(folder => {
      return readdirSync(folder).filter(name => name.endsWith('.c')).map(name => join(folder, name))
    })
  })
}

function targetOf (source) {
  return join(dirname(dirname(source)), 'build', `${basename(source, '.c')}.node`)
}

/** A source may include others of its folder. */
function isStale (source) {
  const target = targetOf(source)
  if (!existsSync(target)) return true
  const built = statSync(target).mtimeMs
  const folder = dirname(source)
  return readdirSync(folder).some(name => statSync(join(folder, name)).mtimeMs > built)
}

/** The folder of node_api.h: npm's nodedir, beside this node, or where node-gyp keeps it. */
function findHeaders () {
  const folders = [
    process.env.npm_config_nodedir,
    dirname(dirname(process.execPath)),
    process.config.variables.node_prefix,
    join(homedir(), '.cache', 'node-gyp', process.versions.node)
  ]
  return folders.filter(Boolean).map(folder => join(folder, 'include', 'node'))
    .find(folder => existsSync(join(folder, 'node_api.h')))
}

/** Answers why it could not be tried; a source that does not compile ends the build. */
function compile (source, headers) {
  const target = targetOf(source)
  const unfinished = `${target}.${process.pid}`
  mkdirSync(dirname(target), { recursive: true })
  const done = spawnSync(compiler, [...flags, `-I${headers}`, '-o', unfinished, source],
    { encoding: 'utf8' })
  if (done.error) return `no compiler (${compiler})`
  if (done.status !== 0) {
    rmSync(unfinished, { force: true })
    console.error(done.stderr)
    process.exit(1)
  }
  renameSync(unfinished, target)
  return ''
}

const stale = listSources().filter(isStale)
if (stale.length > 0) {
  const headers = findHeaders()
  let obstacle = headers === undefined ? 'no headers of Node' : ''
  for (const source of stale) obstacle ||= compile(source, headers)
  const names = stale.map(source => relative(root, source)).join(', ')
  console.log(obstacle === '' ? `built ${names}` : `not built, ${obstacle}: ${names}`)
}
