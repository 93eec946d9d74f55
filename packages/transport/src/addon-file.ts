import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

/**
 * Loads an addon of this package: from the folder that MEMPLUG_NATIVE names, from where it is
 * built or from where it is shipped. Throws an Error that says why it can't be.
 */
export function openAddon<Addon extends { readonly revision: number }> (
  name: string, revision: number
): Addon {
  const path = folders().map(folder => join(folder, `${name}.node`)).find(file => existsSync(file))
  if (path === undefined) throw new Error('the native addon is not built')
  const module = { exports: {} as Partial<Addon> }
  try {
    process.dlopen(module, path)
  } catch (error) {
    throw new Error(`the native addon can't be loaded: ${(error as Error).message}`,
      { cause: error })
  }
  if (module.exports.revision !== revision) throw new Error(`${path} is of another version`)
  return module.exports as Addon
}

function folders (): string[] {
  const given = process.env['MEMPLUG_NATIVE']
  if (given !== undefined) return [given]
  const shipped = `prebuilds/${process.platform}-${process.arch}`
  return ['build', process.platform === 'linux' ? `${shipped}-${libc()}` : shipped]
    .map(folder => fileURLToPath(new URL(`../${folder}`, import.meta.url)))
}

function libc (): 'glibc' | 'musl' {
  return /\/(ld-musl-|libc\.musl)/.test(readFileSync('/proc/self/maps', 'latin1'))
    ? 'musl' : 'glibc'
}
