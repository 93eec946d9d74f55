import { existsSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { API_VERSION } from '@memplug/engine'
import type { CreateEngine, Engine, EngineInfo } from '@memplug/engine'
import { resolveModule } from './resolve-module.js'

/** The engines that come with memplug: these names mean no other package. */
export const BUILT_IN_ENGINES: readonly string[] = ['slab', 'malloc', 'map']

const FUNCTIONS = [
  'getInfo', 'initialize', 'destroy', 'getStats', 'testCapacity', 'allocate', 'release',
  'store', 'get', 'touch', 'remove', 'arithmetic', 'flush'
] as const satisfies ReadonlyArray<keyof Engine>

type Exports = Record<string, unknown>

/** The engine asked for can't be had; the message is one line for the operator. */
export class EngineLoadError extends Error {
  readonly code = 'MEMPLUG_ENGINE_LOAD'
  override name = 'EngineLoadError'
}

/**
 * Finds an engine: a built-in one by its name; a file, by a path that is absolute or starts with
 * `./`, `../` or `file:`; or else a package. Relative paths and packages are looked for from the
 * directory `from`. Makes one engine, to check it, and lets go of it uninitialized.
 * Rejects with an EngineLoadError. In every thread the same arguments load the same engine.
 */
export async function loadEngine (name: string, from: string): Promise<CreateEngine> {
  const exports = await importModule(name, locate(name, from))
  const create = pickExport(name, exports)
  checkEngine(name, create)
  return create
}

/** What import() is to load. */
function locate (name: string, from: string): string {
  try {
    return BUILT_IN_ENGINES.includes(name) ? findBuiltIn(name, from) : resolveModule(name, from)
  } catch (cause) {
    throw refuse(`engine '${name}' was not found from ${resolve(from)}${hint(name, from)}`, cause)
  }
}

/** Beside this package; or, where packages can't see their neighbours, from where one starts. */
function findBuiltIn (name: string, from: string): string {
  const pack = `@memplug/${name}`
  try {
    resolveModule(pack, import.meta.dirname)
    return pack
  } catch {
    return resolveModule(pack, from)
  }
}

function hint (name: string, from: string): string {
  if (isPath(name)) return ''
  if (existsSync(resolve(from, name))) return `: for the file, write ./${name}`
  return `: it is none of ${BUILT_IN_ENGINES.join(', ')}, nor an installed package`
}

function isPath (name: string): boolean {
  return /^(\.{1,2}[\\/]|file:)/.test(name) || isAbsolute(name)
}

async function importModule (name: string, url: string): Promise<Exports> {
  if (/\.[cm]?ts$/.test(url) && !('typescript' in process.features)) {
    throw refuse(`engine '${name}' is TypeScript, which Node ${process.versions.node} ` +
      'does not load: compile it and name the .js file')
  }
  try {
    return await import(url) as Exports
  } catch (cause) {
    throw refuse(`engine '${name}' failed to load: ${firstLine(cause)}`, cause)
  }
}

/** A CommonJS module's own exports arrive as `default`. */
function pickExport (name: string, exports: Exports): CreateEngine {
  const inner = (exports['default'] ?? {}) as Exports
  const found = [inner, exports['createEngine'], inner['createEngine'], inner['default']]
    .find(candidate => typeof candidate === 'function')
  const wanted = 'export a function that makes an engine, as default or as createEngine'
  if (found === undefined) throw refuse(`engine '${name}' exports no engine: ${wanted}`)
  if (/^class\b/.test(Function.prototype.toString.call(found))) {
    throw refuse(`engine '${name}' exports a class: ${wanted}, such as () => new MyEngine()`)
  }
  return found as CreateEngine
}

function checkEngine (name: string, create: CreateEngine): void {
  const engine = attempt(name, 'createEngine()', create) as unknown as Exports | null | undefined
  if (typeof engine !== 'object' || engine === null || typeof engine['getInfo'] !== 'function') {
    const what = engine instanceof Promise ? 'a promise, not an engine' : 'no engine'
    throw refuse(`engine '${name}': createEngine() made ${what}`)
  }
  const info = attempt(name, 'getInfo()', () => (engine as unknown as Engine).getInfo())
  checkInfo(name, info)
  const wanted: string[] = [...FUNCTIONS]
  if (info.features.includes('scan')) wanted.push('scan')
  if (info.features.includes('admin')) wanted.push('administer')
  if (info.features.includes('foresight')) wanted.push('foresee')
  const missing = wanted.filter(key => typeof engine[key] !== 'function')
  if (missing.length > 0) {
    throw refuse(`engine '${name}' lacks the function${missing.length > 1 ? 's' : ''} ` +
      missing.join(', '))
  }
}

/** The version comes first: with another, nothing else need be as it is here. */
function checkInfo (name: string, info: EngineInfo | undefined): void {
  const version: unknown = info?.apiVersion
  if (version !== API_VERSION) {
    throw refuse(`engine '${name}' is made for engine API version ${String(version)}, ` +
      `this server for ${API_VERSION}`)
  }
  for (const key of ['name', 'version'] as const) {
    if (typeof info?.[key] !== 'string' || info[key] === '') {
      throw refuse(`engine '${name}': getInfo() tells no ${key}`)
    }
  }
  if (!Array.isArray(info?.features)) throw refuse(`engine '${name}': getInfo() tells no features`)
}

function attempt<T> (name: string, what: string, call: () => T): T {
  try {
    return call()
  } catch (cause) {
    throw refuse(`engine '${name}': ${what} failed: ${firstLine(cause)}`, cause)
  }
}

function firstLine (error: unknown): string {
  const { message } = (error ?? {}) as Partial<Error>
  const text = typeof message === 'string' ? message : String(error)
  return text.trim().split(/\r?\n/)[0]
}

function refuse (message: string, cause?: unknown): EngineLoadError {
  return new EngineLoadError(message, { cause })
}
