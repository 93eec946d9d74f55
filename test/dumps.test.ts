import { setTimeout as sleep } from 'node:timers/promises'
import { RawClient } from './support/client.js'
import { residentMegabytes } from './support/memory.js'
import { engines, isSubstitute, startServer, type ServerProcess } from './support/server.js'

const ITEMS = 100_000
const METADUMP = 'lru_crawler metadump all\r\n'
const BUSY = 'BUSY currently processing crawler request\r\n'

const describeOurs = isSubstitute ? describe.skip : describe

describeOurs.each(engines)('dumps of %s, by four threads', engine => {
  let server: ServerProcess
  beforeAll(async () => {
    server = await startServer(engine, ['-t', '4', '-m', '256', '-o', 'track_sizes'])
    const client = await RawClient.connect(server.port)
    for (let start = 0; start < ITEMS; start += 5000) {
      client.send(Array.from({ length: 5000 }, (_, i) =>
        `set stays:${start + i} ${i % 7} ${i % 3 === 0 ? 0 : 1000} 3 noreply\r\nabc\r\n`).join(''))
    }
    client.send('version\r\n')
    await client.until(() => client.peek().includes('VERSION'))
    client.close()
  }, 60_000)
  afterAll(() => server.stop())

  test('100,000 items that stay are all told, and rightly, while others come and go', async () => {
    const client = await RawClient.connect(server.port)
    const writers = await Promise.all([0, 1].map(() => RawClient.connect(server.port)))
    let writes = 0
    let isOver = false
    const write = async (writer: RawClient, name: string) => {
      for (; !isOver; writes++) {
        const key = `comes:${name}:`
        writer.send(`set ${key}${writes % 5000} 0 0 5\r\nother\r\n` +
          `delete ${key}${(writes + 99) % 5000}\r\n`)
        await writer.until(() => /(DELETED|NOT_FOUND)\r\n$/.test(writer.peek().toString()))
        writer.take()
      }
    }
    const writing = writers.map((writer, i) => write(writer, String(i)))
    client.send(METADUMP)
    await untilEnd(client, 'END\r\n')
    isOver = true
    await Promise.all(writing)
    expect(writes).toBeGreaterThan(10)
    const seen = new Set<number>()
    const wrong = client.take().toString('latin1').split('\n').slice(1, -2)
      .filter(line => !isRight(line, seen))
    expect(wrong.slice(0, 5)).toEqual([])
    expect(seen.size).toBe(ITEMS)
    for (const each of [client, ...writers]) each.close()
  }, 60_000)

  test('a reader that stalls costs a megabyte and its own connection (S22)', async () => {
    const [stalled, other] = [await RawClient.connect(server.port),
      await RawClient.connect(server.port)]
    stalled.socket.pause()
    const before = residentMegabytes(server.pid)
    stalled.send(METADUMP)
    await sleep(200)
    expect(residentMegabytes(server.pid) - before).toBeLessThan(16)
    expect(await other.text('set alive 0 0 1\r\nx\r\nget alive\r\n'))
      .toBe('STORED\r\nVALUE alive 0 1\r\nx\r\nEND\r\n')
    other.send(METADUMP)
    await other.until(() => other.size >= BUSY.length)
    expect(other.take().toString()).toBe(BUSY)
    stalled.socket.resume()
    await untilEnd(stalled, 'END\r\n')
    expect(stalled.take().toString('latin1').split('\n').length).toBeGreaterThan(ITEMS)
    stalled.close()
    other.close()
  }, 60_000)

  test('one that leaves half-way makes room for the next', async () => {
    const leaving = await RawClient.connect(server.port)
    leaving.socket.pause()
    leaving.send(METADUMP)
    await sleep(50)
    leaving.close()
    const next = await RawClient.connect(server.port)
    for (;;) {
      next.send('lru_crawler mgdump all\r\n')
      await untilEnd(next, '\nEN\r\n', BUSY)
      if (!next.take().toString('latin1').startsWith('BUSY')) break
    }
    next.close()
  }, 60_000)

  test('sizes and connections are those of all threads', async () => {
    const clients = await Promise.all([1, 2, 3, 4, 5].map(() => RawClient.connect(server.port)))
    for (const client of clients) {
      const conns = (await client.text('stats conns\r\n')).split('\r\n')
      expect(conns.filter(row => row.endsWith('conn_listening'))).toHaveLength(1)
      expect(conns.filter(row => row.endsWith('conn_parse_cmd'))).toHaveLength(1)
      expect(conns.filter(row => row.includes(':listen_addr '))).toHaveLength(clients.length)
    }
    const sizes = await clients[0].text('stats sizes\r\n')
    const counts = [...sizes.matchAll(/^STAT \d+ (\d+)\r$/gm)].map(([, count]) => Number(count))
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(ITEMS)
    for (const client of clients) client.close()
  }, 60_000)
})

const OTHER = /^key=comes%3A\d%3A\d+ exp=-1 la=\d{10} cas=\d+ fetch=no cls=\d+ size=\d+ flags=0 $/
const STAYING =
  /^key=stays%3A(\d+) exp=(-1|\d{10}) la=\d{10} cas=\d+ fetch=no cls=\d+ size=\d+ flags=(\d) $/

function isRight (line: string, seen: Set<number>): boolean {
  const [, number, expires, flags] = STAYING.exec(line) ?? []
  if (number === undefined) return OTHER.test(line)
  const i = Number(number)
  seen.add(i)
  return (expires === '-1') === (i % 5000 % 3 === 0) && Number(flags) === i % 5000 % 7
}

/** Waits for a reply of many megabytes, of which only the end is looked at. */
async function untilEnd (client: RawClient, ...ends: string[]): Promise<void> {
  let tail = client.peek().toString('latin1').slice(-64)
  const add = (chunk: Buffer) => {
    tail = (tail + chunk.subarray(-64).toString('latin1')).slice(-64)
  }
  client.socket.prependListener('data', add)
  await client.until(() => ends.some(end => tail.endsWith(end)), 30_000)
  client.socket.off('data', add)
}
