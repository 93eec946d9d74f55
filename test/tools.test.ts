import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeWith } from './support/peer.js'
import { run, type Result } from './support/run.js'
import { engines, startServer, type ServerProcess } from './support/server.js'

const TOOLS = [
  'memccat', 'memccp', 'memcexist', 'memcflush', 'memcping', 'memcrm', 'memcstat', 'memctouch'
]
const PROTOCOLS = engines.flatMap(engine => [
  { engine, protocol: 'text', flags: [] },
  { engine, protocol: 'binary', flags: ['--binary'] }
])

describeWith(TOOLS, 'libmemcached\'s tools', () => {
  describe.each(PROTOCOLS)('$engine, $protocol', ({ engine, flags }) => {
    let server: ServerProcess
    let folder: string

    beforeAll(async () => {
      server = await startServer(engine)
      folder = mkdtempSync(join(tmpdir(), 'memplug-tools-'))
    })

    afterAll(async () => {
      rmSync(folder, { recursive: true })
      await server.stop()
    })

    const tool = (name: string, ...args: string[]): Promise<Result> =>
      run(name, [`--servers=127.0.0.1:${server.port}`, ...flags, ...args])

    /** Stores a file under its name. */
    const copy = async (name: string, content: Buffer | string, ...args: string[]) => {
      writeFileSync(join(folder, name), content)
      return tool('memccp', ...args, join(folder, name))
    }

    test('memccp stores and memccat prints', async () => {
      expect(await copy('one', 'first value\n', '--flags=7')).toMatchObject({ code: 0 })
      expect(await tool('memccat', 'one')).toMatchObject({ code: 0, stdout: 'first value\n\n' })
      const { stdout } = await tool('memccat', '--flags', 'one')
      expect(stdout).toContain('7')
      expect((await tool('memccat', 'none')).code).not.toBe(0)
    })

    test('memccp and memccat pass every byte', async () => {
      const content = Buffer.alloc(200_000)
      for (let i = 0; i < content.length; i++) content[i] = (i * 7 + (i >> 8)) & 255
      expect((await copy('bytes', content)).code).toBe(0)
      const { stdout } = await tool('memccat', 'bytes')
      expect(Buffer.from(stdout, 'latin1').subarray(0, content.length).equals(content)).toBe(true)
    })

    test('memccp adds and replaces', async () => {
      expect((await copy('two', 'a', '--add')).code).toBe(0)
      expect((await copy('two', 'b', '--add')).code).not.toBe(0)
      expect((await copy('two', 'c', '--replace')).code).toBe(0)
      expect((await copy('three', 'd', '--replace')).code).not.toBe(0)
      expect((await tool('memccat', 'two')).stdout).toBe('c\n')
    })

    test('memcexist asks and leaves nothing behind', async () => {
      await copy('there', 'x')
      expect((await tool('memcexist', 'there')).code).toBe(0)
      expect((await tool('memcexist', 'absent')).code).not.toBe(0)
      expect((await tool('memccat', 'absent')).code).not.toBe(0)
    })

    test('memctouch moves the expiry', async () => {
      await copy('short', 'x', '--expire=1000')
      expect((await tool('memctouch', '--expire=2000', 'short')).code).toBe(0)
      expect((await tool('memctouch', '--expire=2000', 'absent')).code).not.toBe(0)
      expect((await tool('memctouch', '--expire=2592001', 'short')).code).toBe(0)
      expect((await tool('memcexist', 'short')).code).not.toBe(0)
    })

    test('memcrm deletes', async () => {
      await copy('gone', 'x')
      expect((await tool('memcrm', 'gone')).code).toBe(0)
      expect((await tool('memcrm', 'gone')).code).not.toBe(0)
      expect((await tool('memccat', 'gone')).code).not.toBe(0)
    })

    test('memcstat tells the statistics', async () => {
      const { code, stdout } = await tool('memcstat')
      expect(code).toBe(0)
      expect(stdout).toMatch(/version: \d+\.\d+\.\d+/)
      expect(stdout).toMatch(/curr_items: \d+/)
    })

    test('memcflush empties the cache', async () => {
      await copy('flushed', 'x')
      expect((await tool('memcflush')).code).toBe(0)
      expect((await tool('memccat', 'flushed')).code).not.toBe(0)
    })
  })

  test.each(engines)('memcping reaches %s', async engine => {
    const server = await startServer(engine)
    expect((await run('memcping', [`--servers=127.0.0.1:${server.port}`])).code).toBe(0)
    await server.stop()
    expect((await run('memcping', [`--servers=127.0.0.1:${server.port}`])).code).not.toBe(0)
  })
})
