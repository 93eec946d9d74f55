import { setTimeout as sleep } from 'node:timers/promises'
import { RawClient } from './support/client.js'
import { residentMegabytes } from './support/memory.js'
import { engines, startServer, type ServerProcess } from './support/server.js'

describe.each(engines)('replies of %s that are not read', engine => {
  let server: ServerProcess
  let client: RawClient
  beforeAll(async () => { server = await startServer(engine) })
  afterAll(() => server.stop())
  beforeEach(async () => { client = await RawClient.connect(server.port) })
  afterEach(() => { client.close() })

  /** Other clients are served as before. */
  const expectService = async (): Promise<void> => {
    expect(await client.text('set alive 0 0 1\r\nx\r\nget alive\r\n'))
      .toBe('STORED\r\nVALUE alive 0 1\r\nx\r\nEND\r\n')
  }

  test('100 MB of them do not gather, and come whole', async () => {
    const value = Buffer.alloc(100_000)
    for (let i = 0; i < value.length; i++) value[i] = (i * 7 + (i >> 8)) & 255
    const head = Buffer.from('VALUE slow 0 100000\r\n')
    const one = Buffer.concat([head, value, Buffer.from('\r\nEND\r\n')])
    client.send(Buffer.concat([
      Buffer.from('set slow 0 0 100000\r\n'), value, Buffer.from('\r\n')
    ]))
    await client.untilSize(8)
    const slow = await RawClient.connect(server.port)
    slow.socket.pause()
    const before = residentMegabytes(server.pid)
    slow.send('get slow\r\n'.repeat(1000))
    await sleep(300)
    await expectService()
    expect(residentMegabytes(server.pid) - before).toBeLessThan(16)
    expect(await countWrong(slow, one, 1000)).toBe(0)
    slow.close()
  }, 60_000)

  test('a client that asks and leaves costs nothing', async () => {
    await client.text(`set left 0 0 100000\r\n${'l'.repeat(100_000)}\r\n`)
    const before = residentMegabytes(server.pid)
    for (let round = 0; round < 20; round++) {
      const other = await RawClient.connect(server.port)
      other.socket.pause()
      other.send('get left\r\n'.repeat(200))
      await sleep(5)
      other.socket.resetAndDestroy()
    }
    await expectService()
    expect(residentMegabytes(server.pid) - before).toBeLessThan(24)
  }, 30_000)

  test('200,000 unread gets of one key hold it no more than once (CVE-2018-1000127)', async () => {
    await client.text('set held 0 0 10\r\n0123456789\r\n')
    const other = await RawClient.connect(server.port)
    other.socket.pause()
    other.send('get held\r\n'.repeat(200_000))
    await sleep(200)
    expect(await client.text('set held 0 0 3\r\nnew\r\nincr held 1\r\ndelete held\r\n'))
      .toMatch(/^STORED\r\nCLIENT_ERROR cannot increment.*\r\nDELETED\r\n$/)
    other.close()
    await expectService()
  }, 30_000)
})

/** Reads the same bytes so many times; answers in how many chunks they were not the same. */
function countWrong (client: RawClient, expected: Buffer, times: number): Promise<number> {
  let at = 0
  let wrong = 0
  return new Promise(resolve => {
    client.socket.removeAllListeners('data')
    client.socket.on('data', (chunk: Buffer) => {
      for (let done = 0; done < chunk.length;) {
        const from = at % expected.length
        const size = Math.min(expected.length - from, chunk.length - done)
        if (expected.compare(chunk, done, done + size, from, from + size) !== 0) wrong++
        done += size
        at += size
      }
      if (at >= expected.length * times) resolve(wrong)
    })
    client.socket.resume()
  })
}
