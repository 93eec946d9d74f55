/**
 * Builds every addon `<room>/native/<name>.c` as `<room>/build/<name>.node`, where that is older
 * than a file beside its source. Where there is no compiler, or none of Node's headers, one line
 * says so, and memplug does without.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import process from 'node:process'
import { findHeaders, flags, listSources, root, targetOf } from './native.mjs'

const compiler = process.env.CC ?? 'cc'
if (process.platform === 'darwin') flags.push('-undefined', 'dynamic_lookup')

/** A source may include others of its folder. */
function isStale (source) {
  const target = targetOf(source, 'build')
  if (!existsSync(target)) return true
  const built = statSync(target).mtimeMs
  const folder = dirname(source)
  return readdirSync(folder).some(name => statSync(join(folder, name)).mtimeMs > built)
}

/** Answers why it could not be tried; a source that does not compile ends the build. */
function compile (source, headers) {
  const target = targetOf(source, 'build')
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
