import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const NOT_OURS = new Set(['node_modules', 'bundle', 'dist', 'build', 'coverage', '.git'])
const MAX_LINES = 400
const MAX_COLUMNS = 100
/** One program in one file, so that it can be built and copied alone. */
const MAY_BE_LONG = ['scripts/bench/mcload.c']

function * walk (folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (NOT_OURS.has(entry.name)) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield * walk(path)
    else yield relative(ROOT, path)
  }
}

const files = [...walk(ROOT)]
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const sources = files.filter(path => /\.(ts|mjs|js|c|h)$/.test(path))
const packages = ['packages', 'engines'].flatMap(
  folder => readdirSync(join(ROOT, folder)).map(name => `${folder}/${name}`))

/** What each room may import of the others. */
const rooms: Record<string, string[]> = {
  'packages/engine': [],
  'packages/engine-kit': ['engine'],
  'packages/arena': ['engine'],
  'packages/protocol': ['engine'],
  'packages/transport': [],
  'packages/server':
    ['engine', 'protocol', 'transport', 'slab', 'malloc', 'map'],
  'packages/memplug': ['engine', 'server', 'slab', 'malloc', 'map'],
  'engines/slab': ['arena', 'engine'],
  'engines/malloc': ['arena', 'engine'],
  'engines/map': ['engine']
}

function importsOf (path: string): string[] {
  const names = read(path).matchAll(/(?:from|import\()\s*'(@memplug\/[^'/]+)/g)
  return [...new Set([...names].map(match => match[1].slice('@memplug/'.length)))]
}

describe('the repository', () => {
  test.each(packages)('%s has a README that begins with its name', path => {
    const { name } = JSON.parse(read(`${path}/package.json`)) as { name: string }
    expect(read(`${path}/README.md`)).toMatch(new RegExp(`^# ${name}\n\n\\S`))
  })

  test.each(packages)('%s is a room whose imports are settled', path => {
    expect(Object.keys(rooms)).toContain(path)
    const outside = sources
      .filter(source => source.startsWith(`${path}/src/`))
      .flatMap(source => importsOf(source)
        .filter(name => !rooms[path].includes(name))
        .map(name => `${source} imports ${name}`))
    expect(outside).toEqual([])
  })

  test('no source reaches into another package by path', () => {
    const reaching = sources
      .filter(source => /^(packages|engines)\/[^/]+\/src\//.test(source))
      .filter(source => importedPaths(source).some(target => !samePackage(source, target)))
    expect(reaching).toEqual([])
  })

  test('nothing is marked as unfinished', () => {
    const mark = new RegExp(`\\b(${['TO', 'DO'].join('')}|FIX${'ME'}|XX${'X'})\\b`)
    expect(sources.filter(path => mark.test(read(path)))).toEqual([])
  })

  test('no rule is switched off in place', () => {
    const off = new RegExp(['eslint', 'disable'].join('-') + '|@ts-(ignore|expect-error|nocheck)')
    expect(sources.filter(path => off.test(read(path)))).toEqual([])
  })

  test(`no source is longer than ${MAX_LINES} lines or wider than ${MAX_COLUMNS} columns`, () => {
    const large = sources.filter(path => {
      const lines = read(path).trimEnd().split('\n')
      return (lines.length > MAX_LINES && !MAY_BE_LONG.includes(path)) ||
        lines.some(line => line.length > MAX_COLUMNS && !line.includes('://'))
    })
    expect(large).toEqual([])
  })
})

function importedPaths (source: string): string[] {
  return [...read(source).matchAll(/from '(\.[^']*)'/g)].map(
    match => relative(ROOT, join(ROOT, dirname(source), match[1])))
}

function samePackage (source: string, target: string): boolean {
  const home = source.split('/').slice(0, 3).join('/')
  return target.startsWith(`${home}/`) || target === home
}
