import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'

const root = join(import.meta.dirname, '../../..')

/** The files that the guide tells to write: its fences name them, piece by piece. */
function readGuide (): Map<string, string> {
  const guide = readFileSync(join(root, 'docs/engine-author.md'), 'utf8')
  const files = new Map<string, string>()
  for (const [, path = '', piece = ''] of guide.matchAll(/^```\w+ (\S+)\n(.*?)^```$/gms)) {
    files.set(path, files.has(path) ? `${files.get(path)}\n${piece}` : piece)
  }
  return files
}

let project: string
const files = readGuide()

/** A project that has done what the guide says, with these packages installed. */
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'memplug-guide-'))
  for (const [path, content] of files) {
    mkdirSync(dirname(join(project, path)), { recursive: true })
    writeFileSync(join(project, path), content)
  }
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'))
})

afterAll(() => rmSync(project, { recursive: true }))

function run (...args: string[]): string {
  const { stdout, stderr } =
    spawnSync(process.execPath, args, { cwd: project, encoding: 'utf8', timeout: 60_000 })
  return stdout + stderr
}

test('the engine that the guide builds is the one of this package', () => {
  const source = readFileSync(join(root, 'engines/map/src/index.ts'), 'utf8')
  expect(files.get('src/index.ts')).toBe(source)
})

test('the project of the guide compiles, and both its engines pass the kit', () => {
  expect(run('node_modules/typescript/bin/tsc')).toBe('')
  const told = run('--test', 'test/engine.test.js', 'test/remote.test.js')
  expect(told).toContain('map: a key is bytes, not text')
  expect(told).toContain('remote: a key is bytes, not text')
  expect(told).toMatch(/^# fail 0$/m)
})

test('the project of the guide passes the kit under jest', () => {
  writeFileSync(join(project, 'jest.config.js'),
    "export default { transform: {}, testMatch: ['<rootDir>/test/engine.spec.js'] }\n")
  const told = run('--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--runInBand')
  expect(told).toMatch(/^Tests: +\d\d passed, \d\d total$/m)
})

test('the engine is served as the guide says', async () => {
  const server = spawn(process.execPath,
    ['node_modules/memplug/bin/memplug.js', '--engine', './dist/index.js', '-p', '-1', '-v'],
    { cwd: project })
  try {
    const port = await new Promise<number>((resolve, reject) => {
      let told = ''
      server.once('exit', () => reject(new Error(told)))
      server.stderr.on('data', bytes => {
        told += String(bytes)
        const [, port] = /listening on 127\.0\.0\.1:(\d+): engine map/.exec(told) ?? []
        if (port !== undefined) resolve(Number(port))
      })
    })
    const client = connect(port, '127.0.0.1')
    client.end('set greeting 0 0 5\r\nhello\r\nget greeting\r\nquit\r\n')
    expect(await text(client)).toBe('STORED\r\nVALUE greeting 0 5\r\nhello\r\nEND\r\n')
  } finally {
    server.kill()
  }
})

test('every function of the API has its row in the guide', () => {
  const guide = readFileSync(join(root, 'docs/engine-author.md'), 'utf8')
  const source = readFileSync(join(root, 'packages/engine/src/engine.ts'), 'utf8')
  const engine = /export interface Engine \{(.*?)^\}/ms.exec(source)![1]
  const names = [...engine.matchAll(/^ {2}(\w+) \(/gm)].map(([, name]) => name)
  expect(names.length).toBe(13)
  for (const name of names) expect(guide).toContain(`| \`${name}(`)
  const features = [...source.matchAll(/^ {2}\| '(\w+)'/gm)].map(([, name]) => name)
  expect(features.length).toBe(10)
  for (const name of features) expect(guide).toContain(`| \`${name}\` |`)
})
