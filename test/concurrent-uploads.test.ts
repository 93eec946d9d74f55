import { RawClient } from './support/client.js'
import { engines, isSubstitute, startServer, type ServerProcess } from './support/server.js'

const VALUE_SIZE = 500_000
const SMALL = 1000

/** S12: a set is never refused for memory while evicting something would make room. */
describe.each(engines)('half-sent values of %s', engine => {
  let server: ServerProcess
  beforeAll(async () => { server = await startServer(engine, ['-m', '64']) })
  afterAll(() => server.stop())

  /** Fills the memory with small items until old ones are evicted. */
  const fill = async (): Promise<void> => {
    const client = await RawClient.connect(server.port)
    const value = 's'.repeat(SMALL)
    let stored = 0
    let kept = 0
    while (kept === stored) {
      const sets = Array.from({ length: 1000 }, () =>
        `set small${stored++} 0 0 ${SMALL} noreply\r\n${value}\r\n`)
      client.send(`${sets.join('')}stats\r\n`)
      await client.until(() => client.peek().toString('latin1').endsWith('END\r\n'))
      kept = Number(/^STAT curr_items (\d+)/m.exec(client.take().toString())![1])
    }
    client.close()
  }

  const refused = isSubstitute ? test.failing : test
  refused.each([10, 40])('%d at once are all stored in a full cache', async count => {
    await fill()
    const clients = await Promise.all(
      Array.from({ length: count }, () => RawClient.connect(server.port)))
    const values = clients.map((_, i) => Buffer.alloc(VALUE_SIZE, 97 + i % 26))
    const half = VALUE_SIZE / 2
    clients.forEach((client, i) => {
      client.send(`set upload${i} 0 0 ${VALUE_SIZE}\r\n`)
      client.send(values[i].subarray(0, half))
    })
    const other = await RawClient.connect(server.port)
    expect(await other.text('set other 0 0 1\r\nx\r\nget other\r\n'))
      .toBe('STORED\r\nVALUE other 0 1\r\nx\r\nEND\r\n')
    clients.forEach((client, i) => {
      client.send(Buffer.concat([values[i].subarray(half), Buffer.from('\r\n')]))
    })
    const replies = await Promise.all(clients.map(client => client.untilSize(8)))
    expect(replies.map(String)).toEqual(clients.map(() => 'STORED\r\n'))
    await Promise.all(clients.map(async (client, i) => {
      const head = `VALUE upload${i} 0 ${VALUE_SIZE}\r\n`
      client.send(`get upload${i}\r\n`)
      const reply = await client.untilSize(head.length + VALUE_SIZE + 7)
      const expected = Buffer.concat([Buffer.from(head), values[i], Buffer.from('\r\nEND\r\n')])
      expect(reply.equals(expected)).toBe(true)
      client.close()
    }))
    other.close()
  }, 60_000)
})
