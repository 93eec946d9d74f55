import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { EngineLoadError, loadEngine } from '../src/loader.js'

const FUNCTIONS = ['initialize', 'destroy', 'getStats', 'testCapacity', 'allocate', 'release',
  'store', 'get', 'touch', 'remove', 'arithmetic', 'flush']

/** Source of an object with all the functions of an engine, but for the change. */
function engine (change = '', info = "apiVersion: 1, name: 'mine', version: '1', features: []") {
  const functions = FUNCTIONS.map(name => `${name} () { return 0 }`).join(', ')
  return `({ getInfo: () => ({ ${info} }), ${functions}, ${change} })`
}

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'memplug-loader-'))
})

afterAll(() => rmSync(folder, { recursive: true }))

function write (path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

/** Evaluates in a Node of its own, where `load` is loadEngine; answers what it prints. */
function run (expression: string): string {
  const loader = pathToFileURL(join(import.meta.dirname, '../dist/loader.js')).href
  const text = `import { loadEngine as load } from '${loader}'
    const from = ${JSON.stringify(folder)}
    console.log(await (${expression}))`
  write('run.mjs', text)
  const { stdout, stderr } =
    spawnSync(process.execPath, [join(folder, 'run.mjs')], { encoding: 'utf8' })
  return stdout.trim() + stderr
}

const nameOf = (name: string) =>
  run(`load('${name}', from).then(create => create().getInfo().name, error => error.message)`)

async function refusal (name: string): Promise<string> {
  const error: unknown = await loadEngine(name, folder).then(() => undefined, e => e as unknown)
  expect(error).toBeInstanceOf(EngineLoadError)
  expect((error as EngineLoadError).code).toBe('MEMPLUG_ENGINE_LOAD')
  expect((error as Error).message).not.toContain('\n')
  return (error as Error).message
}

describe('what can be named', () => {
  test('an engine that comes with memplug, by its short name from anywhere', async () => {
    expect((await loadEngine('map', folder))().getInfo().name).toBe('map')
  })

  test('a file by a path relative to the directory, by an absolute path, by a URL', async () => {
    write('sub/mine.mjs', `export default () => ${engine()}`)
    for (const name of ['./sub/mine.mjs', '../' + folder.split('/').pop() + '/sub/mine.mjs',
      join(folder, 'sub/mine.mjs'), pathToFileURL(join(folder, 'sub/mine.mjs')).href]) {
      expect((await loadEngine(name, folder))().getInfo().name).toBe('mine')
    }
  })

  test('a file of CommonJS, which exports a function or a createEngine', () => {
    write('direct.cjs', `module.exports = () => ${engine()}`)
    write('named.cjs', `exports['create' + 'Engine'] = () => ${engine()}`)
    expect(nameOf('./direct.cjs')).toBe('mine')
    expect(nameOf('./named')).toContain('was not found')
    expect(nameOf('./named.cjs')).toBe('mine')
  })

  test('a package of the directory, with a main, with exports, with a scope, or a part', () => {
    const make = `export const createEngine = () => ${engine()}`
    const json = (fields: object) => JSON.stringify({ type: 'module', ...fields })
    write('node_modules/plain/package.json', json({ main: 'lib/it.js' }))
    write('node_modules/plain/lib/it.js', make)
    write('node_modules/@me/modern/package.json', json({
      exports: {
        '.': { require: null, import: [{ node: './it.js' }] }, './part': { import: './part.js' }
      }
    }))
    write('node_modules/@me/modern/it.js', make)
    write('node_modules/@me/modern/part.js', make.replace("'mine'", "'part'"))
    write('node_modules/dual/package.json', json({
      exports: { require: './it.cjs', import: './it.js' }
    }))
    write('node_modules/dual/it.js', make)
    write('node_modules/dual/it.cjs', 'throw new Error("the file for require")')
    for (const name of ['plain', '@me/modern', 'dual']) expect(nameOf(name)).toBe('mine')
    expect(nameOf('@me/modern/part')).toBe('part')
    expect(nameOf('@me/modern/it.js')).toContain('was not found')
  })

  test('the same engine in a worker thread', () => {
    write('mine.mjs', `export default () => ${engine()}`)
    write('worker.mjs', `import { parentPort, workerData } from 'node:worker_threads'
      const { loadEngine } = await import(workerData.loader)
      const engine = (await loadEngine('./mine.mjs', workerData.from))()
      parentPort.postMessage(engine.getInfo().name)`)
    const loader = pathToFileURL(join(import.meta.dirname, '../dist/loader.js')).href
    expect(run(`import('node:worker_threads').then(({ Worker }) => new Promise(resolve => {
      const workerData = { loader: '${loader}', from }
      new Worker(from + '/worker.mjs', { workerData }).on('message', resolve)
    }))`)).toBe('mine')
  })
})

describe('what is refused, in one line', () => {
  test('a file or a package that is not there', async () => {
    expect(await refusal('./absent.mjs'))
      .toBe(`engine './absent.mjs' was not found from ${folder}`)
    expect(await refusal('absent')).toBe(`engine 'absent' was not found from ${folder}: ` +
      'it is none of slab, malloc, map, nor an installed package')
  })

  test('a file without ./, which looks like a package', async () => {
    write('bare.mjs', '')
    expect(await refusal('bare.mjs')).toContain('for the file, write ./bare.mjs')
  })

  const modules: Array<[string, string, string]> = [
    ['throws', 'throw new Error("no disk\\nat all")', 'failed to load: no disk'],
    ['throws-text', 'throw "no disk"', 'failed to load: no disk'],
    ['throws-nothing', 'throw undefined', 'failed to load: undefined'],
    ['imports-absent', 'import "./nowhere.mjs"', 'failed to load: '],
    ['empty', '', 'exports no engine: export a function'],
    ['object', `export default ${engine()}`, 'exports no engine: export a function'],
    ['class', 'export default class Mine {}', 'exports a class: export a function'],
    ['make-throws', 'export default () => { throw new Error("too old") }', 'failed: too old'],
    ['make-nothing', 'export default () => {}', 'createEngine() made no engine'],
    ['make-null', 'export default () => null', 'createEngine() made no engine'],
    ['make-other', 'export default () => ({})', 'createEngine() made no engine'],
    ['make-later', `export default async () => ${engine()}`, 'made a promise, not an engine'],
    ['info-throws', 'export default () => ({ getInfo () { throw new Error("why") } })',
      'getInfo() failed: why'],
    ['info-empty', 'export default () => ({ getInfo () {} })',
      'is made for engine API version undefined, this server for 1'],
    ['other-version', "export default () => ({ getInfo: () => ({ apiVersion: 2, name: 'x' }) })",
      'is made for engine API version 2, this server for 1'],
    ['no-name', `export default () => ${engine('', "apiVersion: 1, name: '', features: []")}`,
      'getInfo() tells no name'],
    ['no-version', `export default () => ${engine('', "apiVersion: 1, name: 'x', features: []")}`,
      'getInfo() tells no version'],
    ['no-features', `export default () => ${engine('', "apiVersion: 1, name: 'x', version: '1'")}`,
      'getInfo() tells no features'],
    ['lacks-one', `export default () => ${engine('touch: undefined')}`,
      'lacks the function touch'],
    ['lacks-two', `export default () => ${engine('touch: 1, flush: null')}`,
      'lacks the functions touch, flush'],
    ['lacks-scan', `export default () => ${engine('',
      "apiVersion: 1, name: 'x', version: '1', features: ['scan']")}`, 'lacks the function scan']
  ]

  test.each(modules)('%s', async (name, text, message) => {
    write(`${name}.mjs`, text)
    const line = await refusal(`./${name}.mjs`)
    expect(line).toContain(`'./${name}.mjs'`)
    expect(line).toContain(message)
    expect(line).not.toContain('at all')
  })

  test('a module with a syntax error', () => {
    write('broken.mjs', 'export default (')
    expect(nameOf('./broken.mjs')).toMatch(/^engine '.\/broken.mjs' failed to load: .+$/)
  })

  test('TypeScript, where Node does not load it', () => {
    write('mine.ts', `export default () => ${engine()}`)
    expect(nameOf('./mine.ts')).toMatch('typescript' in process.features
      ? /mine/
      : /is TypeScript, which Node [\d.]+ does not load: compile it and name the \.js file/)
  })
})
