import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { killAll, start } from './support/executable.js'

const root = fileURLToPath(new URL('../', import.meta.url))
// Within the repository, so that the examples find the packages that they import.
const folder = `${root}build/readme`
const readme = readFileSync(`${root}README.md`, 'utf8')

/** Writes README's example of that name to a file; answers its path. */
function extract (name: string): string {
  const [, code] = new RegExp(`\`\`\`js\\n(// ${name}\\n[^]*?)\`\`\``).exec(readme) ?? []
  if (code === undefined) throw new Error(`README has no ${name}`)
  writeFileSync(`${folder}/${name}`, code)
  return `${folder}/${name}`
}

beforeAll(() => mkdirSync(folder, { recursive: true }))
afterAll(() => {
  killAll()
  rmSync(folder, { recursive: true })
})

test('the engine of the README serves a memcached client', async () => {
  const server = await start(['--engine', extract('tiny.mjs')])
  const exchanges = [
    ['set k 5 0 3\r\nabc\r\n', 'STORED\r\n'],
    ['get k\r\n', 'VALUE k 5 3\r\nabc\r\nEND\r\n'],
    ['delete k\r\n', 'DELETED\r\n'],
    ['get k\r\n', 'END\r\n'],
    ['set n 0 0 1\r\n7\r\n', 'STORED\r\n'],
    ['incr n 3\r\n', '10\r\n'],
    ['flush_all\r\n', 'OK\r\n'],
    ['get n\r\n', 'END\r\n']
  ]
  const client = await server.connect()
  for (const [request, reply] of exchanges) {
    client.send(request)
    await client.until(() => client.size >= reply.length)
    expect(client.take().toString()).toBe(reply)
  }
  client.socket.destroy()
  expect(await server.end('SIGTERM')).toBe(0)
})

test('the jest test of the README passes under jest', () => {
  extract('cache.test.mjs')
  const config = JSON.stringify({ rootDir: folder, testMatch: ['**/*.test.mjs'], transform: {} })
  const { status, stderr } = spawnSync(process.execPath, [
    '--experimental-vm-modules', `${root}node_modules/jest/bin/jest.js`, '--config', config
  ], { cwd: folder, encoding: 'utf8' })
  expect(stderr).toContain('1 passed')
  expect(status).toBe(0)
}, 60_000)

test('every file that the documents link to is there', () => {
  const folders = ['packages', 'engines'].flatMap(floor =>
    readdirSync(`${root}${floor}`).map(room => `${floor}/${room}/`))
  const documents = ['', 'docs/', ...folders].flatMap(folder =>
    readdirSync(root + folder).filter(name => name.endsWith('.md')).map(name => folder + name))
  const broken = documents.flatMap(name => {
    const base = new URL(name, `file://${root}`)
    const links = readFileSync(base, 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)
    return [...links].filter(([, link]) => !existsSync(new URL(link, base)))
      .map(([, link]) => `${name}: ${link}`)
  })
  expect(documents).toContain('README.md')
  expect(broken).toEqual([])
})
