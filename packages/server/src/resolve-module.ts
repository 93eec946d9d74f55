import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** In the order of a package's own list; these are the ones import() stands for. */
const CONDITIONS = ['import', 'node', 'module-sync', 'default']

/** A package.json's "exports": a path, or conditions or subpaths with more of the same. */
type Target = string | null | undefined | Target[] | { [key: string]: Target }

/**
 * The URL of a module, as an import in a file of the directory `from` would find it: a package,
 * or a file, which may leave out its `.js`. Throws what require.resolve() does.
 */
export function resolveModule (name: string, from: string): string {
  const require = createRequire(join(resolve(from), 'from.js'))
  const path = name.startsWith('file:') ? fileURLToPath(name) : name
  const folders = require.resolve.paths(path) ?? []
  return pathToFileURL(resolveExport(path, folders) ?? require.resolve(path)).href
}

/** By the package's exports for import, which require.resolve() would not look at. */
function resolveExport (name: string, folders: readonly string[]): string | undefined {
  const [, pack, rest] = /^(@[^/]+\/[^/]+|[^@./][^/]*)(\/.+)?$/.exec(name) ?? []
  if (pack === undefined) return undefined
  const folder = folders.map(path => join(path, pack))
    .find(path => existsSync(join(path, 'package.json')))
  if (folder === undefined) return undefined
  const text = readFileSync(join(folder, 'package.json'), 'utf8')
  const { exports } = JSON.parse(text) as { exports?: Target }
  const file = pickTarget(exports, `.${rest ?? ''}`)
  return file === undefined ? undefined : realpathSync(join(folder, file))
}

function pickTarget (target: Target, subpath: string): string | undefined {
  if (typeof target === 'string') return subpath === '.' ? target : undefined
  if (typeof target !== 'object' || target === null) return undefined
  if (Array.isArray(target)) return firstOf(target.map(each => pickTarget(each, subpath)))
  if (Object.hasOwn(target, subpath)) return pickTarget(target[subpath], '.')
  const keys = Object.keys(target).filter(key => CONDITIONS.includes(key))
  return firstOf(keys.map(key => pickTarget(target[key], subpath)))
}

function firstOf (found: ReadonlyArray<string | undefined>): string | undefined {
  return found.find(each => each !== undefined)
}
