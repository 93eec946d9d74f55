import { setImmediate as turn } from 'node:timers/promises'
import type { Checked } from '@memplug/engine-kit'
import { Opcode as O } from '@memplug/protocol'
import { checked, late, PlainMap } from './support/engines.js'
import type { FakeLink } from './support/fake-link.js'
import { request, u32, u64 } from './support/frames.js'
import { TestServer } from './support/test-server.js'

/** A client that goes away, whenever it does, leaves nothing held and harms nobody. */

const LARGE = 'L'.repeat(50_000)
const set = (key: string, value: string) => `set ${key} 0 0 ${value.length}\r\n${value}\r\n`

const text = [
  'get a large none a large\r\n', 'gets a b c d\r\n', set('a', '1'), set('large', LARGE),
  'append a 0 0 1\r\n2\r\n', 'prepend a 0 0 1\r\n3\r\n', 'add new 0 0 1\r\nx\r\n',
  'cas a 0 0 1 1\r\nx\r\n', 'incr a 1\r\n', 'decr a 1\r\n', 'touch a 0\r\n', 'gat 0 a large\r\n',
  'delete new\r\n', 'flush_all 100\r\n', 'stats\r\n', 'set a 0 0 2000000\r\n', 'get a a a\r\n'
]
const counting = u64(1) + u64(5) + u32(0)
const storing = u32(0, 0)
const binary = [
  request(O.GETKQ, { key: 'a' }), request(O.GETQ, { key: 'large' }), request(O.GET, { key: 'b' }),
  request(O.SETQ, { key: 'a', value: '1', extras: storing }),
  request(O.SET, { key: 'large', value: LARGE, extras: storing }),
  request(O.APPENDQ, { key: 'a', value: '2' }), request(O.PREPEND, { key: 'a', value: '3' }),
  request(O.INCREMENTQ, { key: 'a', extras: counting }), request(O.GAT, {
    key: 'large', extras: u32(0)
  }),
  request(O.DECREMENT, { key: 'n', extras: counting }), request(O.TOUCH, {
    key: 'a', extras: u32(0)
  }),
  request(O.DELETEQ, { key: 'n' }), request(O.STAT), request(O.GETKQ, { key: 'a' }),
  request(O.NOOP)
]
const conversations: [string, Buffer][] = [
  ['text', Buffer.from(text.join(''))], ['binary', Buffer.concat(binary)]
]

async function serve (engine: Checked): Promise<TestServer> {
  const server = new TestServer(engine, { outputLimit: 20_000 })
  await server.ask(server.connect(), set('a', '7') + set('b', '8') + set('large', LARGE))
  return server
}

/** Nothing is held, and the pool of tasks is sound: many at once are served right. */
async function expectSound (server: TestServer, engine: Checked): Promise<void> {
  await server.idle()
  expect([engine.holds, engine.breaches]).toEqual([0, []])
  const links = Array.from({ length: 8 }, () => server.connect())
  links.forEach((link, at) => { link.send(`${set(`k${at}`, `v${at}`)}get k${at} none k${at}\r\n`) })
  await server.idle()
  links.forEach((link, at) => {
    expect(link.takeText()).toBe(`STORED\r\n${`VALUE k${at} 0 2\r\nv${at}\r\n`.repeat(2)}END\r\n`)
    link.leave()
  })
  await server.idle()
  expect([engine.holds, engine.breaches]).toEqual([0, []])
  expect(server.logged('error')).toEqual([])
}

const engines: [string, () => Checked][] = [
  ['the map', () => checked()], ['the late map', () => late()],
  ['the late map that leaves all to the server', () => late(new PlainMap())]
]

describe.each(engines)('over %s', (_, create) => {
  test.each(conversations)('after every byte of an upload and every other request, %s',
    async (_, sent) => {
      const engine = create()
      const server = await serve(engine)
      const cuts = Array.from({ length: sent.length }, (_, at) => at)
        .filter(at => at % 7919 === 0 || sent[at] !== 76)
      for (const at of cuts) {
        const link = server.connect()
        link.send(sent.subarray(0, at))
        link.leave()
      }
      await expectSound(server, engine)
    })

  test.each(conversations)('some turns after it has sent all, %s', async (_, sent) => {
    const engine = create()
    const server = await serve(engine)
    for (let turns = 0; turns < 60; turns++) {
      const link = server.connect()
      link.send(sent)
      for (let left = turns; left > 0; left--) await turn()
      link.leave()
    }
    await expectSound(server, engine)
  })

  test('while values are being sent to it', async () => {
    const engine = create()
    const server = await serve(engine)
    for (const read of [0, 1, 30, 20_000, 49_999, 50_025, 50_100]) {
      const link = server.connect()
      link.stopReading()
      link.send('get large large large a large\r\nget large\r\n')
      link.read(read)
      await server.idle()
      expect(engine.holds).toBeGreaterThan(0)
      link.leave()
      await server.idle()
      expect(engine.holds).toBe(0)
    }
    await expectSound(server, engine)
  })
})

test('the places of those that have gone are free', async () => {
  const engine = late()
  const server = await serve(engine)
  const links: FakeLink[] = []
  for (let at = 0; at < 100; at++) {
    links.push(server.connect())
    links[at].send('get a large\r\nset b 0 0 10\r\nxyz')
  }
  expect(server.core.connections.size).toBe(101)
  for (const link of links) link.leave()
  await server.idle()
  expect(server.core.connections.size).toBe(1)
  await expectSound(server, engine)
})
