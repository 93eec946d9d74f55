import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createServer, type Server, type ServerOptions } from '../src/index.js'
import { SocketClient } from './support/socket-client.js'

const folder = mkdtempSync(join(tmpdir(), 'memplug-restart-'))
const servers: Server[] = []

afterEach(async () => {
  await Promise.all(servers.splice(0).map(server => server.close().catch(() => {})))
})
afterAll(() => { rmSync(folder, { recursive: true }) })

let files = 0
const newFile = (): string => join(folder, String(++files))

interface Started {
  readonly server: Server
  /** Lines of the log that are no mere information. */
  readonly warnings: string[]
  readonly ask: (text: string, end: string) => Promise<string>
}

async function start (memoryFile: string, options: ServerOptions = {}): Promise<Started> {
  const warnings: string[] = []
  const server = await createServer({
    port: 0,
    memoryFile,
    log: (level, message) => { if (level === 'warn' || level === 'error') warnings.push(message) },
    ...options
  })
  servers.push(server)
  const ask = async (text: string, end: string): Promise<string> => {
    const client = await SocketClient.connect(server.port)
    client.send(text)
    let reply = ''
    while (!reply.endsWith(end)) {
      const bytes = await client.read(1)
      if (bytes.length === 0) throw new Error(`closed after '${reply}'`)
      reply += bytes.toString('latin1')
    }
    client.leave()
    return reply
  }
  return { server, warnings, ask }
}

const HIT = 'VALUE a 7 5 1\r\nhello\r\nEND\r\n'

/** A file with the item `a` in it. */
async function save (options: ServerOptions = {}): Promise<string> {
  const file = newFile()
  const { server, ask } = await start(file, options)
  expect(await ask('set a 7 0 5\r\nhello\r\ngets a\r\n', 'END\r\n')).toBe(`STORED\r\n${HIT}`)
  await server.close({ save: true })
  return file
}

const variants: [string, ServerOptions][] = ['slab', 'malloc'].flatMap(engine => [0, 2].map(
  threads => [`${engine}, ${threads} threads`, { engine, threads }] as [string, ServerOptions]))

test.each(variants)('%s: items come back, and cas values go on', async (_, options) => {
  const file = await save(options)
  const { ask, warnings } = await start(file, options)
  expect(existsSync(file)).toBe(false)
  expect(await ask('gets a\r\n', 'END\r\n')).toBe(HIT)
  expect(await ask('set b 0 0 1\r\nx\r\ngets b\r\n', 'END\r\n')).toBe(
    'STORED\r\nVALUE b 0 1 2\r\nx\r\nEND\r\n')
  expect(warnings).toEqual([])
})

test('items of several chunks come back, and leave their places as others do', async () => {
  const options: ServerOptions = {
    engine: 'slab',
    engineConfig: { slab_chunk_max: '4' },
    memoryLimit: 4 << 20
  }
  const file = newFile()
  const value = (i: number): string => `${i}:`.repeat(5000)
  const first = await start(file, options)
  for (let i = 0; i < 50; i++) {
    const text = value(i)
    await first.ask(`set ${i} 0 0 ${text.length}\r\n${text}\r\n`, 'STORED\r\n')
  }
  await first.server.close({ save: true })
  const { ask, warnings } = await start(file, options)
  for (let i = 0; i < 50; i++) {
    expect(await ask(`get ${i}\r\n`, 'END\r\n')).toContain(`\r\n${value(i)}\r\n`)
  }
  const large = 'x'.repeat(900_000)
  for (let i = 0; i < 10; i++) {
    await ask(`set large${i} 0 0 ${large.length}\r\n${large}\r\n`, 'STORED\r\n')
  }
  expect(await ask('get large9\r\n', 'END\r\n')).toContain(large)
  expect(warnings).toEqual([])
})

describe('the time between', () => {
  const { now } = Date
  afterEach(() => { Date.now = now })
  const wait = (seconds: number): void => {
    const at = Date.now() + 1000 * seconds
    Date.now = () => at
  }

  test('counts', async () => {
    const file = newFile()
    const first = await start(file)
    await first.ask('set low 0 5 1\r\nx\r\n', 'STORED\r\n')
    await first.ask('set high 0 500 1\r\nx\r\n', 'STORED\r\n')
    await first.server.close({ save: true })
    wait(100)
    const { server, ask } = await start(file)
    expect(await ask('mg low t\r\nmg high t\r\nmn\r\n', 'MN\r\n')).toMatch(
      /^EN\r\nHD t(399|400)\r\nMN\r\n$/)
    expect((await server.stats())['uptime']).toBe('0')
  })

  test('may bring the flush that was waited for', async () => {
    const file = newFile()
    const first = await start(file)
    await first.ask('set high 0 500 1\r\nx\r\nflush_all 50\r\n', 'OK\r\n')
    await first.server.close({ save: true })
    wait(100)
    const { ask } = await start(file)
    while (await ask('get high\r\n', 'END\r\n') !== 'END\r\n') await sleep(50)
  })

  test('is none if the clock of the machine was put back', async () => {
    const file = newFile()
    const first = await start(file)
    await first.ask('set high 0 500 1\r\nx\r\n', 'STORED\r\n')
    await first.server.close({ save: true })
    wait(-100_000)
    const { ask } = await start(file)
    expect(await ask('mg high t\r\nmn\r\n', 'MN\r\n')).toMatch(/^HD t(499|500)\r\nMN\r\n$/)
  })
})

test('no other end saves', async () => {
  const file = newFile()
  const { server } = await start(file)
  await server.close()
  expect(existsSync(file)).toBe(false)
})

test('a large value comes back whole', async () => {
  const file = newFile()
  const value = Buffer.alloc(900_000, 'abcdefg').toString()
  const first = await start(file, { engine: 'slab' })
  await first.ask(`set big 0 0 ${value.length}\r\n${value}\r\n`, 'STORED\r\n')
  await first.server.close({ save: true })
  const { ask } = await start(file)
  expect(await ask('get big\r\n', 'END\r\n')).toBe(
    `VALUE big 0 ${value.length}\r\n${value}\r\nEND\r\n`)
})

describe('what is no use is refused in one line, left alone, and the server starts empty', () => {
  async function refuse (file: string, why: RegExp, options: ServerOptions = {}): Promise<void> {
    const before = readFileSync(file)
    const { ask, warnings } = await start(file, options)
    expect(await ask('get a\r\n', 'END\r\n')).toBe('END\r\n')
    expect(await ask('set a 0 0 1\r\nx\r\nget a\r\n', 'END\r\n')).toContain('VALUE a 0 1')
    expect(warnings).toEqual([expect.stringMatching(why)])
    expect(warnings[0]).toContain(`can't use the memory file ${file}, starting empty: `)
    expect(readFileSync(file).equals(before)).toBe(true)
  }

  let good = ''
  let length = 0
  beforeAll(async () => {
    good = await save()
    length = readFileSync(good).length
  })

  test('a file that ends too early', async () => {
    for (const share of [0.0001, 0.001, 0.2, 0.5, 0.999999]) {
      const file = newFile()
      writeFileSync(file, readFileSync(good).subarray(0, Math.floor(length * share)))
      await refuse(file, /ends too early$/)
    }
  })

  test('an empty file', async () => {
    const file = newFile()
    writeFileSync(file, '')
    await refuse(file, /it is empty$/)
  })

  test('a file in which any one bit is wrong, or that goes on', async () => {
    for (const share of [0.0003, 0.001, 0.1, 0.5, 0.9]) {
      const file = newFile()
      const bytes = readFileSync(good)
      bytes[Math.floor(length * share)] ^= 4
      writeFileSync(file, bytes)
      await refuse(file, /damaged$|not a memory that memplug has saved$|ends too early$/)
    }
    const file = newFile()
    writeFileSync(file, Buffer.concat([readFileSync(good), Buffer.from('x')]))
    await refuse(file, /damaged$/)
  })

  test('a file of something else', async () => {
    const file = newFile()
    writeFileSync(file, Buffer.alloc(100_000, 'memcached'))
    await refuse(file, /not a memory that memplug has saved$/)
  })

  test.each<[ServerOptions, RegExp]>([
    [{ memoryLimit: 32 << 20 }, /saved with the memoryLimit 67108864, not 33554432$/],
    [{ engine: 'malloc' }, /saved with the engine "slab 0.1.0", not "malloc 0.1.0"$/],
    [{ threads: 2 }, /saved with the threads 1, not 3$/],
    [{ engineConfig: { slab_sizes: '200-400' } }, /saved with the engineConfig \{\}, not /]
  ])('one that was saved without %j', async (options, why) => {
    const file = newFile()
    copyFileSync(good, file)
    await refuse(file, why, options)
  })
})

describe('the start is refused', () => {
  test('where the file could not be saved', async () => {
    await expect(start(join(folder, 'missing', 'file'))).rejects.toThrow(
      /^can't write the memory file .*ENOENT/)
  })

  test('after a stop of memcached that left an empty .meta', async () => {
    const file = newFile()
    writeFileSync(`${file}.meta`, '')
    await expect(start(file)).rejects.toThrow(/\.meta is empty/)
  })

  test('with an engine that can not be restarted', async () => {
    await expect(start(newFile(), { engine: 'map' })).rejects.toThrow(
      "-e: the engine map can't be restarted")
  })
})
