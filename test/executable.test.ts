import { spawnSync } from 'node:child_process'
import {
  existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync
} from 'node:fs'
import { once } from 'node:events'
import { createConnection, type AddressInfo, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { flags } from '../packages/memplug/src/flags.js'
import { RawClient } from './support/client.js'
import {
  EXECUTABLE, Folder, killAll, run, start, startUntil, startWithNpm, type Running
} from './support/executable.js'

const isRoot = process.getuid?.() === 0
const folder = new Folder()

afterAll(() => {
  killAll()
  folder.remove()
})

async function ask (server: Running, request: string, reply: string): Promise<void> {
  const client = await server.connect()
  client.send(request)
  await client.until(() => client.size >= reply.length)
  expect(client.take().toString('latin1')).toBe(reply)
  client.socket.destroy()
}

describe('help and versions', () => {
  test('-V prints the version of memcached that it speaks, then its own', async () => {
    const { version } = JSON.parse(readFileSync(
      new URL('../packages/memplug/package.json', import.meta.url), 'utf8')) as { version: string }
    expect(await run(['-V'])).toEqual({
      code: 0, stdout: `memcached 1.6.45\nmemplug ${version}\n`, stderr: ''
    })
  })

  test('-h begins as memcached does and lists every flag with its default', async () => {
    const { code, stdout, stderr } = await run(['-h'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^memcached 1\.6\.\d+\n/)
    for (const { letter, name } of flags.filter(flag => flag.fate === 'honoured')) {
      expect(stdout).toMatch(letter === undefined ? `  --${name}  ` : `-${letter}, --${name}  `)
    }
    const defaults = [...stdout.matchAll(/--([\w-]+)(?:(?!\n +-)[^])*?\[default: ([^\]]*)\]/g)]
      .map(([, name, text]) => [name, text])
    expect(Object.fromEntries(defaults)).toEqual({
      'port': '11211',
      'unix-mask': '700',
      'listen': '127.0.0.1',
      'udp-port': '0',
      'listen-backlog': '1024',
      'protocol': 'auto',
      'conn-limit': '1024',
      'conn-limit-per-address': '0',
      'request-timeout': '0',
      'max-reqs-per-event': '20',
      'threads': '4',
      'transport': 'auto',
      'engine': 'slab',
      'engine-timeout': '5',
      'memory-limit': '64',
      'max-item-size': '1m',
      'max-key-size': '250',
      'slab-growth-factor': '1.25',
      'slab-min-size': '48'
    })
  })

  test('-i prints the licence', async () => {
    const text = readFileSync(new URL('../LICENSE', import.meta.url), 'utf8')
    expect(await run(['-i'])).toEqual({ code: 0, stdout: text, stderr: '' })
  })

  test('a reader of the help may leave early', () => {
    const { stdout, stderr, status } = spawnSync('sh',
      ['-c', `"${process.execPath}" "${EXECUTABLE}" -h | head -n 1`], { encoding: 'utf8' })
    expect({ stdout, stderr, status }).toEqual({
      stdout: 'memcached 1.6.45\n', stderr: '', status: 0
    })
  })
})

describe('what can not start says why in one line, with the exit code of memcached', () => {
  const missing = folder.join('missing')
  const modules = {
    nothing: folder.module('nothing.mjs', 'export const answer = 42\n'),
    newer: folder.engine('newer.mjs',
      "getInfo: () => ({ apiVersion: 99, name: 'x', version: '1', features: [] })"),
    throws: folder.engine('throws.mjs', "initialize () { throw new Error('no disk') }"),
    rejects: folder.engine('rejects.mjs', "initialize: async () => { throw new Error('no net') }"),
    refuses: folder.engine('refuses.mjs', 'initialize: () => 0x82'),
    broken: folder.module('broken.mjs', 'export default () => {\n')
  }
  const failures: [string, string[], number, RegExp][] = [
    ['a bad number', ['-p', 'abc'], 64, /^-p: 'abc' is not a number$/],
    ['no connections', ['-c', '0'], 1, /^Maximum connections must be greater than 0$/],
    ['an unknown flag', ['-Q'], 1, /^memplug: invalid option -- 'Q'; memplug -h lists/],
    ['too large an item', ['-I', '33m'], 64, /^Cannot set item size limit higher than 1\/2 of/],
    ['a folder that is not there', ['-s', `${missing}/sock`], 71,
      /^failed to listen on UNIX socket: .*\/missing\/sock: No such file or directory$/],
    ['an address of another machine', ['-l', '192.0.2.1'], 71,
      /^failed to listen on one of interface\(s\) 192\.0\.2\.1: Address not available$/],
    ['a pid file that can not be written', ['-P', `${missing}/pid`], 71,
      /^Could not open the pid file .*\/missing\/pid\.tmp for writing: No such file or directory$/],
    ['an unknown engine', ['--engine', 'nosuch'], 1, /engine 'nosuch'.*slab, malloc, map/],
    ['a missing file', ['--engine', `${missing}.js`], 1, /engine '.*missing\.js' was not found/],
    ['a module without an engine', ['--engine', modules.nothing], 1, /exports no engine/],
    ['an engine for another API', ['--engine', modules.newer], 1, /API version 99/],
    ['an engine that throws', ['--engine', modules.throws], 1, /no disk/],
    ['an engine that rejects', ['--engine', modules.rejects], 1, /no net/],
    ['an engine that answers NO_MEMORY', ['--engine', modules.refuses], 1, /NO_MEMORY/],
    ['a module with a syntax error', ['--engine', modules.broken], 1, /failed to load: Unexpected/],
    ['config that slab does not know', ['--engine-config', 'nosuch=1'], 1,
      /unknown engine config 'nosuch': known are .*slab_sizes.*preallocate/],
    ['config that slab can not read', ['--engine-config', 'preallocate=maybe'], 1,
      /'preallocate': 'maybe' is neither true nor false/]
  ]
  test.concurrent.each(failures)('%s', async (_what, argv, code, line) => {
    const { stderr, ...ended } = await run(['-p', '-1', ...argv])
    expect(ended).toEqual({ code, stdout: '' })
    expect(stderr.split('\n')).toEqual([expect.stringMatching(line), ''])
  })

  test('a port that is in use, although the first address was free', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    expect(await run(['-p', '-1', '-l', `127.0.0.1,127.0.0.1:${port}`])).toEqual({
      code: 71,
      stdout: '',
      stderr: `failed to listen on TCP port ${port} of 127.0.0.1: Address already in use\n`
    })
    other.close()
  })

  test('with -vv the stack comes too', async () => {
    const { code, stderr } = await run(['-vv', '--engine', modules.throws])
    expect(code).toBe(1)
    expect(stderr).toMatch(/no disk[^]*\n +at .*throws\.mjs/)
  })

  const asRoot = isRoot ? test : test.skip
  asRoot('a user that is not there', async () => {
    expect(await run(['-u', 'nosuchuser'])).toEqual({
      code: 67, stdout: '', stderr: "can't find the user nosuchuser to switch to\n"
    })
  })
})

describe('listening', () => {
  test('at -v it says where, with which engine and transport, and how soon', async () => {
    const server = await start(['--engine', 'map'])
    expect(server.log).toMatch(
      /^listening on 127\.0\.0\.1:\d+: engine map, transport \w+, threads 1$/m)
    expect(server.log).toMatch(/^ready in \d+ ms$/m)
    await ask(server, 'version\r\n', 'VERSION 1.6.45\r\n')
    expect(await server.end('SIGTERM')).toBe(0)
    expect(server.log).toMatch(/^Exiting normally\n$/m)
  })

  test('an engine from a file is named by a path from where one stands', async () => {
    folder.engine('echo.mjs', '')
    const path = process.cwd()
    try {
      process.chdir(folder.path)
      const server = await start(['--engine', './echo.mjs'])
      await ask(server, 'get abc\r\n', 'VALUE abc 0 3\r\nabc\r\nEND\r\n')
      await server.end('SIGTERM')
    } finally {
      process.chdir(path)
    }
  })

  test('every address of -l, with its own port or that of -p', async () => {
    const server = await start(['--engine', 'map', '-l', '127.0.0.1,127.0.0.2:0', '-l', '[::1]'])
    const line = /listening on (.*): engine/.exec(server.log)![1]
    expect(line).toMatch(/^127\.0\.0\.1:\d+, 127\.0\.0\.2:\d+, \[::1\]:\d+$/)
    for (const address of line.split(', ')) {
      const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(address)!
      const socket = createConnection(Number(port), host)
      await once(socket, 'connect')
      socket.destroy()
    }
    await server.end('SIGTERM')
  })

  test('a unix socket has the mode of -a and takes the place of a stale one', async () => {
    const path = folder.join('socket')
    const flags = ['--engine', 'map', '-s', path, '-a', '770']
    const first = await start(flags)
    expect(statSync(path).isSocket()).toBe(true)
    expect(statSync(path).mode & 0o777).toBe(0o770)
    await first.end('SIGKILL')
    expect(existsSync(path)).toBe(true)
    const second = await start(flags)
    const client = new RawClient(createConnection(path))
    client.send('version\r\n')
    await client.until(() => client.size > 0)
    expect(client.take().toString()).toBe('VERSION 1.6.45\r\n')
    expect(second.log).not.toContain('127.0.0.1')
    expect(await second.end('SIGTERM')).toBe(0)
    expect(existsSync(path)).toBe(false)
  })

  test('the pid file is there while it listens, the port file tells the ports', async () => {
    const pidFile = folder.join('pid')
    const portFile = folder.join('ports')
    const server = await start(['--engine', 'map', '-P', pidFile],
      { MEMCACHED_PORT_FILENAME: portFile })
    expect(readFileSync(pidFile, 'utf8')).toBe(`${server.pid}\n`)
    expect(readFileSync(portFile, 'utf8')).toBe(`TCP INET: ${server.port}\n`)
    expect(await server.end('SIGTERM')).toBe(0)
    expect(existsSync(pidFile)).toBe(false)
  })

  const asRoot = isRoot ? test : test.skip
  asRoot('-u gives up root in every thread, and hands over the socket', async () => {
    const path = folder.join('nobodys')
    const server = await start(['-t', '2', '-s', path, '-u', 'nobody'])
    const { uid, gid } = statSync(path)
    expect(uid).toBeGreaterThan(0)
    const tasks = readdirSync(`/proc/${server.pid}/task`)
    for (const task of tasks) {
      const status = readFileSync(`/proc/${server.pid}/task/${task}/status`, 'utf8')
      expect(status).toMatch(new RegExp(`^Uid:(\\t${uid}){4}$`, 'm'))
      expect(status).toMatch(new RegExp(`^Gid:(\\t${gid}){4}$`, 'm'))
      expect(status).toMatch(/^Groups:\s*$/m)
    }
    expect(await server.end('SIGTERM')).toBe(0)
  })
})

describe('the log', () => {
  test('is silent without -v', async () => {
    const path = folder.join('silent')
    const server = startUntil('never', ['--engine', 'map', '-s', path]).catch(String)
    let hasEnded = false
    void server.then(() => { hasEnded = true })
    while (!existsSync(path) && !hasEnded) await sleep(5)
    const client = new RawClient(createConnection(path))
    client.send('get a\r\n')
    await client.until(() => client.size > 0)
    killAll()
    expect(await server).toBe("Error: ended before 'never': ''")
  })

  test('has each request and reply at -vv', async () => {
    const server = await start(['--engine', 'map', '-v'])
    await ask(server, 'get abc\r\n', 'END\r\n')
    await server.logs('END')
    expect(server.log).toMatch(/^<\d+ get abc$/m)
    expect(server.log).toMatch(/^>\d+ END$/m)
    await server.end('SIGTERM')
  })

  test('may lose its reader', async () => {
    const server = await start(['--engine', 'map', '-v'])
    server.child.stderr!.destroy()
    for (let i = 0; i < 3; i++) await ask(server, 'get abc\r\n', 'END\r\n')
    expect(await server.end('SIGTERM')).toBe(0)
  })

  test('warns of what has no effect', async () => {
    const server = await start(['--engine', 'map', '-k', '-o', 'hashpower=20,modern'])
    expect(server.log).toMatch(/^ignored, without effect here: --lock-memory, -o hashpower$/m)
    await server.end('SIGTERM')
  })
})

describe('signals', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGUSR1'] as const)(
    '%s closes the connections and ends with 0', async signal => {
      const server = await start(['--engine', 'map'])
      const client = await server.connect()
      client.send('version\r\n')
      await client.until(() => client.size > 0)
      expect(await server.end(signal)).toBe(0)
      await client.until(() => client.closed)
      expect(server.log).not.toContain('Debugger')
    })

  test('SIGHUP and SIGPIPE end nothing', async () => {
    const server = await start(['--engine', 'map'])
    server.child.kill('SIGHUP')
    await server.logs('SIGHUP: there are neither users nor certificates to load anew')
    server.child.kill('SIGPIPE')
    await ask(server, 'version\r\n', 'VERSION 1.6.45\r\n')
    expect(await server.end('SIGTERM')).toBe(0)
  })

  test('SIGHUP reads the users anew, and keeps them if the file is bad', async () => {
    const file = folder.join('users')
    const canLogIn = async (user: string): Promise<boolean> => {
      const client = await server.connect()
      client.send(`set a 0 0 ${user.length + 2}\r\n${user} p\r\n`)
      await client.until(() => client.peek().includes('\n'))
      const reply = client.take().toString()
      client.socket.destroy()
      return reply === 'STORED\r\n'
    }
    writeFileSync(file, 'ann:p\n')
    const server = await start(['-Y', file])
    expect(await canLogIn('ann')).toBe(true)
    writeFileSync(file, 'bob:p\n')
    server.child.kill('SIGHUP')
    await server.logs('SIGHUP: loaded anew')
    expect(await canLogIn('bob')).toBe(true)
    writeFileSync(file, 'no colon\n')
    server.child.kill('SIGHUP')
    await server.logs('SIGHUP: what is bad stays as it was')
    expect(await canLogIn('bob')).toBe(true)
    expect(await server.end('SIGTERM')).toBe(0)
  })

  test.each(['slab', 'malloc'])(
    'with -e SIGUSR1 saves the items, and the next start has them: %s', async engine => {
      const flags = ['--engine', engine, '-t', '2', '-e', folder.join(`${engine}.items`)]
      const first = await start(flags)
      await ask(first, 'set a 5 0 3\r\nabc\r\n', 'STORED\r\n')
      expect(await first.end('SIGUSR1')).toBe(0)
      const second = await start(flags)
      await ask(second, 'get a\r\n', 'VALUE a 5 3\r\nabc\r\nEND\r\n')
      expect(await second.end('SIGTERM')).toBe(0)
      const third = await start(flags)
      await ask(third, 'get a\r\n', 'END\r\n')
      await third.end('SIGTERM')
    })

  test('memory that can not be saved ends it with 71', async () => {
    const place = folder.join('place')
    mkdirSync(place)
    const server = await start(['-e', `${place}/items`])
    rmSync(place, { recursive: true })
    expect(await server.end('SIGUSR1')).toBe(71)
    expect(server.log).toMatch(/^fault while closing: ENOENT/m)
  })

  test('an engine that is slow to end is left after two seconds', async () => {
    const engine = folder.engine('slow-end.mjs', 'destroy: () => new Promise(() => {})')
    const server = await start(['--engine', engine])
    expect(await server.end('SIGTERM')).toBe(0)
    expect(server.log).toContain('not closed after 2000 ms')
  })

  test('a second signal ends it at once', async () => {
    const engine = folder.engine('stuck.mjs', "destroy () { console.error('stuck'); " +
      'return new Promise(() => {}) }')
    const server = await start(['--engine', engine])
    const ended = server.end('SIGTERM')
    await server.logs('stuck')
    const insist = setInterval(() => server.child.kill('SIGTERM'), 50)
    expect(await ended).toBe(143)
    clearInterval(insist)
  })

  test('a signal during the start ends with 0 too', async () => {
    const engine = folder.engine('slow-start.mjs', "initialize () { console.error('starting'); " +
      'return new Promise(resolve => setTimeout(resolve, 60000)) }')
    const server = await startUntil('starting', ['-p', '-1', '--engine', engine])
    expect(await server.end('SIGTERM')).toBe(0)
  })
})

test('npm start passes flags, signals and the exit code on', async () => {
  const server = await startWithNpm(['--engine', 'map'])
  const { port } = server
  await ask(server, 'version\r\n', 'VERSION 1.6.45\r\n')
  expect(await server.end('SIGTERM')).toBe(0)
  expect(server.log).toContain('Exiting normally')
  await expect(once(createConnection(port, '127.0.0.1'), 'connect')).rejects.toThrow('ECONNREFUSED')
}, 120_000)

describe('a fault that nobody caught ends the process with 70', () => {
  const faults: [string, string][] = [
    ['uncaught exception', "setTimeout(() => { throw new Error('torn') }, 50)"],
    ['unhandled rejection', "setTimeout(() => Promise.reject(new Error('torn')), 50)"]
  ]
  test.each(faults)('%s', async (name, statement) => {
    const engine = folder.engine(`${name}.mjs`, `initialize () { ${statement}; return 0 }`)
    const pidFile = folder.join(`${name}.pid`)
    const server = await startUntil(name, ['-p', '-1', '--engine', engine, '-P', pidFile])
    expect(await server.end()).toBe(70)
    expect(server.log).toBe(`${name}: torn\n`)
    expect(existsSync(pidFile)).toBe(false)
  })
})
