import { fileURLToPath } from 'node:url'
import { killAll, start } from './support/executable.js'
import { transports } from './support/server.js'

const TORN = fileURLToPath(new URL('fixtures/torn-engine.mjs', import.meta.url))
const WHY = /^memplug: thread (\d) failed with a lock in its hands \((.*)\): items may be torn/m

/** A fault under a lock of the item memory: nobody is served what may be torn. */
afterAll(killAll)

describe.each(transports)('a fault with a lock in its hands, over %s', transport => {
  const flags = (threads: number): string[] =>
    ['--engine', TORN, '-t', String(threads), '--transport', transport]

  test.each([1, 2])('ends the process with 70 and a word on why, of %d threads', async threads => {
    const server = await start(flags(threads))
    const client = await server.connect()
    client.send('get tear\r\n')
    expect(await server.end()).toBe(70)
    expect(WHY.exec(server.log)?.slice(2)).toEqual(['get: Error: a fault under a lock'])
    client.close()
  }, 30_000)

  test.each([1, 2])('does so when the thread dies, of %d threads', async threads => {
    const server = await start(flags(threads))
    const client = await server.connect()
    client.send('get vanish\r\n')
    expect(await server.end()).toBe(70)
    expect(server.log).toContain('a fault under a lock')
    if (server.log.includes('threads 2')) {
      expect(WHY.exec(server.log)?.slice(2)).toEqual(['it has ended'])
    }
    client.close()
  }, 30_000)
})
