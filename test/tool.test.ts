import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { RawClient } from './support/client.js'
import { Folder, killAll, run, start, type Run } from './support/executable.js'
import { isInstalled } from './support/peer.js'
import { startMemcached, startServer, type ServerProcess } from './support/server.js'

const SCRIPT = '/usr/share/memcached/scripts/memcached-tool'
const folder = new Folder()
afterAll(() => {
  killAll()
  folder.remove()
})

const VALUE = 'x'.repeat(2000)
const items = `set foo 5 0 3\r\nabc\r\nset b%r 0 ${2 ** 31 - 1} 2\r\n\r\n\r\n` +
  `set big 0 0 ${VALUE.length}\r\n${VALUE}\r\nmn\r\n`

async function fill (server: ServerProcess): Promise<void> {
  const client = await RawClient.connect(server.port)
  client.send(items)
  await client.until(() => client.peek().includes('MN\r\n'))
  client.close()
}

const ask = (server: ServerProcess, ...mode: string[]): Promise<Run> =>
  run(['tool', `127.0.0.1:${server.port}`, ...mode])

const servers: [string, () => Promise<ServerProcess>][] = [
  ['slab', () => startServer('slab')],
  ['malloc', () => startServer('malloc')],
  ['memcached', startMemcached]
]
const here = servers.filter(([name]) => name !== 'memcached' || isInstalled(name))

describe.each(here)('memplug tool, before %s', (_, startIt) => {
  let server: ServerProcess
  beforeAll(async () => {
    server = await startIt()
    await fill(server)
  })
  afterAll(() => server.stop())

  test('display tells the classes that have pages, and their items', async () => {
    const { code, stdout, stderr } = await ask(server)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [head, ...rows] = stdout.trimEnd().split('\n')
    expect(head).toBe(
      '  #  Item_Size  Max_age   Pages   Count   Full?  Evicted Evict_Time OOM')
    const counts = rows.map(row => Number(/^ *\d+ +[\d.]+[BK] +\d+s +[1-9]\d* +(\d+) +(?:yes|no) /
      .exec(row)![1]))
    expect(counts.reduce((sum, count) => sum + count)).toBe(3)
  })

  test('stats, settings and sizes are sorted', async () => {
    const lines = {
      stats: /^ +curr_items +3$/m,
      settings: /^ +maxconns +1024$/m,
      sizes: /^ +sizes_status +disabled$/m
    }
    for (const [mode, line] of Object.entries(lines)) {
      const { code, stdout } = await ask(server, mode)
      expect(code).toBe(0)
      expect(stdout).toMatch(line)
      const names = stdout.trimEnd().split('\n').slice(1).map(row => row.trim().split(' ')[0])
      expect(names).toEqual([...names].sort())
    }
  })

  test('keys lists items, and not more than it is asked for', async () => {
    const { code, stdout, stderr } = await ask(server, 'keys')
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'Dumping memcache keys\n' })
    expect(stdout.match(/^key=\S+/gm)!.sort()).toEqual(['key=b%25r', 'key=big', 'key=foo'])
    expect((await ask(server, 'keys', '2')).stdout.match(/^key=/gm)).toHaveLength(2)
  })

  test('dump makes commands that add every item', async () => {
    const { code, stdout } = await ask(server, 'dump')
    expect(code).toBe(0)
    expect(stdout.match(/^add (foo|big) .*/gm)!.sort()).toEqual(
      [`add big 0 0 ${VALUE.length}`, 'add foo 5 0 3'].map(line => `${line}\r`)
        .map(line => expect.stringContaining(line.trim()) as string))
    expect(stdout).toMatch(/^add b%r 0 21474836\d\d 2\r\n\r\n\r\n/m)
    expect(stdout).toContain(`\r\n${VALUE}\r\n`)
  })

  const withScript = existsSync(SCRIPT) ? test : test.skip
  const modes = ['display', 'settings', 'sizes']
  withScript.each(modes)('%s is what memcached-tool tells', async mode => {
    const address = `127.0.0.1:${server.port}`
    const theirs = spawnSync('perl', [SCRIPT, address, mode], { encoding: 'latin1' })
    // A second may pass between the two.
    const steady = (text: string): string =>
      text.replaceAll('\r', '').replace(/ +\d+s /g, ' s ')
    expect(steady((await ask(server, mode)).stdout)).toBe(steady(theirs.stdout))
  })
})

test('memplug tool asks at a Unix socket too', async () => {
  const path = folder.join('socket')
  const server = await start(['-s', path])
  const { code, stdout } = await run(['tool', path, 'settings'])
  expect(code).toBe(0)
  expect(stdout).toMatch(new RegExp(`^ +domain_socket +${path}$`, 'm'))
  await server.end('SIGTERM')
})

describe('memplug top', () => {
  test('tells each server, totals, and who does not answer', async () => {
    const server = await startServer('slab')
    await fill(server)
    const address = `127.0.0.1:${server.port}`
    const { code, stdout } = await run(['top', '--delay', '0.2', '--count', '1', '--columns',
      'hostname,all_curr_items,all_fill_rate,cmd_get', address, '127.0.0.1:1'])
    expect(code).toBe(0)
    const lines = stdout.trimEnd().split('\n').map(line => line.split(/ +/))
    expect(lines.slice(1)).toEqual([
      ['hostname', 'all_curr_items', 'all_fill_rate', 'cmd_get'],
      ['TOTAL:'], ['NA', '3', 'NA', '0'],
      ['AVERAGE:'], ['NA', '3', '0.00%', '0'],
      [address, '3', '0.00%', '0'],
      ["Couldn't", 'connect', 'to', '127.0.0.1:1:', 'Connection', 'refused']
    ])
    await server.stop()
  })

  test('ends with 1 where no server answers', async () => {
    const { code, stderr } = await run(['top', '--delay', '0.1', '--count', '1', '127.0.0.1:1'])
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'no server answers\n' })
  })
})

describe('what can not be done is told in one line', () => {
  const lines: [string, number, RegExp][] = [
    ['tool 127.0.0.1:1', 1, /^Couldn't connect to 127\.0\.0\.1:1: Connection refused\n$/],
    ['tool /no/such/socket', 1, /^Couldn't connect to \/no\/such\/socket: No such file or dir/],
    ['tool', 64, /^usage: memplug tool <host.*\n$/],
    ['tool 127.0.0.1 nosuch', 64, /^usage: memplug tool/],
    ['tool 127.0.0.1 stats 1', 64, /^usage: memplug tool/],
    ['tool 127.0.0.1 dump 0', 64, /^invalid limit \(should be a positive number\)\n$/],
    ['top --nosuch', 64, /^unknown option 'nosuch': memplug top -h lists them\n$/],
    ['top --delay 0', 64, /^--delay takes a number above 0\n$/]
  ]
  test.each(lines)('memplug %s', async (line, exitCode, message) => {
    const { code, stderr } = await run(line.split(' '))
    expect(code).toBe(exitCode)
    expect(stderr).toMatch(message)
  })
})

test('memplug tool -h and memplug top -h tell more', async () => {
  expect((await run(['tool', '-h'])).stdout).toMatch(/^usage: memplug tool/)
  expect((await run(['top', '-h'])).stdout).toMatch(/^usage: memplug top/)
})
