/** The executable's end, by signals and by command, while many are being served. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client, expect } from './client.mjs'

const EXECUTABLE =
  fileURLToPath(new URL('../../packages/memplug/bin/memplug.js', import.meta.url))
const SIZE = 4096

/** How a server is told to end. */
const ways = {
  'SIGTERM': ({ child }) => child.kill('SIGTERM'),
  'SIGINT': ({ child }) => child.kill('SIGINT'),
  'SIGUSR1': ({ child }) => child.kill('SIGUSR1'),
  'shutdown': ({ admin }) => admin.send('shutdown\r\n'),
  'shutdown graceful': ({ admin }) => admin.send('shutdown graceful\r\n')
}

export const stop = {
  full: { connections: 1000, seconds: 2, signals: 1000 },
  small: { connections: 100, seconds: 20, signals: 50 },

  async prove (_, { connections, seconds, signals }, report, { engine, threads, transport }) {
    const folder = mkdtempSync(join(tmpdir(), 'memplug-stop-'))
    const flags = ['--engine', engine, '--transport', transport, '-t', String(threads),
      '-c', String(connections + 100), '-A']
    try {
      let slowest = 0
      let failed = 0
      let torn = 0
      let replies = 0
      for (const [name, end] of Object.entries(ways)) {
        const server = await start(folder, flags)
        const readers = await Promise.all(
          Array.from({ length: connections }, () => Reader.connect(server.port)))
        await sleep(500)
        const begun = performance.now()
        end(server)
        const [code] = await server.exit
        slowest = Math.max(slowest, performance.now() - begun)
        if (code !== 0) failed++
        await Promise.all(readers.map(reader => reader.closed))
        torn += readers.filter(reader => !reader.isWhole).length
        replies += readers.reduce((sum, reader) => sum + reader.replies, 0)
        report(`${name}: exit code`, code ?? 255, 0)
      }
      report('ways that do not end with 0', failed, 0)
      report('replies until then', replies, connections, 'least')
      report('connections whose last reply is not whole', torn, 0)
      report('slowest end, seconds', slowest / 1000, seconds)
      await proveReload(folder, flags, signals, report)
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
}

/** However often it is to read a bad file anew, it keeps the users that it has. */
async function proveReload (folder, flags, signals, report) {
  const file = join(folder, 'users')
  writeFileSync(file, 'ann:secret\n')
  const server = await start(folder, [...flags, '-Y', file], 'set a 0 0 10\r\nann secret\r\n')
  writeFileSync(file, 'no colon\n')
  let refused = 0
  for (let i = 0; i < signals; i++) {
    server.child.kill('SIGHUP')
    if (i % 50 !== 0) continue
    const client = await Client.connect(server.port)
    if (await client.ask('set a 0 0 10\r\nann secret\r\n', 8) !== 'STORED\r\n') refused++
    client.close()
  }
  report(`logins refused while it gets ${signals} SIGHUPs with a bad file`, refused, 0)
  server.child.kill('SIGTERM')
  const [code] = await server.exit
  report('exit code after that', code ?? 255, 0)
}

async function start (folder, flags, login) {
  const file = join(folder, `port-${performance.now()}`)
  const child = spawn(process.execPath, [EXECUTABLE, '-l', '127.0.0.1', '-p', '-1', ...flags],
    { env: { ...process.env, MEMCACHED_PORT_FILENAME: file }, stdio: 'ignore' })
  const exit = once(child, 'exit')
  while (!existsSync(file)) {
    if (child.exitCode !== null) throw new Error('the server did not start')
    await sleep(20)
  }
  const port = Number(/TCP INET: (\d+)/.exec(readFileSync(file, 'utf8'))[1])
  const admin = await Client.connect(port)
  if (login !== undefined) expect(await admin.ask(login, 8), 'STORED\r\n')
  await admin.ask(`set big 0 0 ${SIZE}\r\n${'v'.repeat(SIZE)}\r\n`, 8)
  return { child, exit, port, admin }
}

/** Asks for the value again and again, and looks whether each reply is whole. */
class Reader {
  static answer = `VALUE big 0 ${SIZE}\r\n${'v'.repeat(SIZE)}\r\nEND\r\n`
  replies = 0
  #part = ''
  #isWrong = false

  static async connect (port) {
    return new Reader(await Client.connect(port))
  }

  constructor ({ socket }) {
    this.closed = new Promise(resolve => { socket.on('close', resolve) })
    socket.removeAllListeners('data')
    socket.on('data', chunk => { this.#take(socket, chunk) })
    socket.write('get big\r\nget big\r\n')
  }

  get isWhole () { return !this.#isWrong && this.#part === '' }

  #take (socket, chunk) {
    this.#part += chunk.toString('latin1')
    while (this.#part.length >= Reader.answer.length) {
      if (!this.#part.startsWith(Reader.answer)) this.#isWrong = true
      this.#part = this.#part.slice(Reader.answer.length)
      this.replies++
      socket.write('get big\r\n')
    }
  }
}
