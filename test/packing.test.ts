import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Folder, Running } from './support/executable.js'
import { transports } from './support/server.js'

/** What `npm pack` would ship, and how it gets on where there is no compiler. */

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const folder = new Folder()
const modules = folder.join('node_modules')
const hasEpoll = transports.length > 1

interface Packed {
  readonly name: string
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

let packed: Packed[] = []

beforeAll(() => {
  packed = JSON.parse(execFileSync('npm', [
    'pack', '--workspaces', '--json', '--ignore-scripts', '--pack-destination', folder.path
  ], { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })) as Packed[]
  for (const { name, filename } of packed) {
    const target = join(modules, name)
    mkdirSync(target, { recursive: true })
    const file = folder.join(filename.replace('@', '').replace('/', '-'))
    execFileSync('tar', ['xzf', file, '-C', target, '--strip-components=1'])
    rmSync(join(target, 'prebuilds'), { recursive: true, force: true })
  }
  for (const name of ['winston', 'yargs', 'yargs-parser']) {
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name))
  }
}, 60_000)

afterAll(() => { folder.remove() })

async function serve (flags: string[]): Promise<string> {
  const executable = join(modules, 'memplug/bin/memplug.js')
  const env = { ...process.env, PATH: '/nowhere' }
  const child = spawn(process.execPath, [executable, '-p', '-1', '-v', ...flags], {
    stdio: ['ignore', 'ignore', 'pipe'], env, cwd: folder.path
  })
  const server = new Running(child)
  await server.logs('ready in')
  const client = await server.connect()
  expect(await client.text('set a 0 0 1\r\nx\r\nget a\r\n'))
    .toBe('STORED\r\nVALUE a 0 1\r\nx\r\nEND\r\n')
  client.close()
  expect(await server.end('SIGTERM')).toBe(0)
  return server.log
}

const KEPT = /^(bundle|dist|src|bin|worker|prebuilds)\/|^[^/]+$/

test('packages hold what runs, what tells of it, and nothing else', () => {
  expect(packed).toHaveLength(readdirSync(join(ROOT, 'packages')).length +
    readdirSync(join(ROOT, 'engines')).length)
  for (const { name, files } of packed) {
    const paths = files.map(file => file.path)
    expect(paths).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']))
    expect(paths.filter(path => path.startsWith('dist/')).length).toBeGreaterThan(0)
    const others = paths.filter(path => !KEPT.test(path))
    expect([name, others]).toEqual([name, []])
    expect([name, paths.filter(path => /test\b|tsbuildinfo/.test(path) && !/test-host/.test(path))])
      .toEqual([name, []])
  }
})

test('without an addon they serve over net, by one thread, and the log says why', async () => {
  const log = await serve(['-t', '2'])
  expect(log).toContain('transport net: the native addon is not built\n')
  if (availableParallelism() === 1) return
  expect(log).toContain(
    'one thread serves in place of 2: the transport net can\'t hand connections over')
}, 30_000)

const testNative = hasEpoll ? test : test.skip
testNative('with the prebuilds they serve over epoll', async () => {
  const libc = spawnSync('ldd', ['--version'], { encoding: 'utf8' }).stderr.includes('musl')
    ? 'musl' : 'glibc'
  const target = join(modules, '@memplug/transport/prebuilds', `linux-${process.arch}-${libc}`)
  cpSync(join(ROOT, 'packages/transport/build'), target, { recursive: true })
  expect(await serve([])).toContain('transport epoll: the native addon is there\n')
}, 30_000)

describe('the sources of the addons', () => {
  const clone = folder.join('clone')
  const run = (script: string, ...flags: string[]) =>
    spawnSync(process.execPath, [join(clone, 'scripts', script), ...flags], {
      encoding: 'utf8', env: { ...process.env, PATH: '/nowhere', CC: undefined }
    })

  beforeAll(() => {
    for (const part of ['scripts', 'packages/transport/native', 'packages/arena/native']) {
      mkdirSync(join(clone, dirname(part)), { recursive: true })
      cpSync(join(ROOT, part), join(clone, part), { recursive: true })
    }
  })

  test('are not built without a compiler, which is no failure', () => {
    const { status, stdout, stderr } = run('build-native.mjs')
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^not built, no (compiler \(cc\)|headers of Node): .*epoll\.c/)
  })

  test('are not released while one prebuild is missing', () => {
    const { status, stderr } = run('prebuild.mjs', '--check')
    expect(status).toBe(1)
    for (const target of ['x64-glibc', 'x64-musl', 'arm64-glibc', 'arm64-musl']) {
      expect(stderr).toContain(`packages/transport/prebuilds/linux-${target}/epoll.node: missing`)
      expect(stderr).toContain(`packages/arena/prebuilds/linux-${target}/memory.node: missing`)
    }
  })
})
