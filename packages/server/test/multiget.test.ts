import { Status, type Engine, type Op } from '@memplug/engine'
import { Late } from '@memplug/engine-kit'
import { Opcode as O } from '@memplug/protocol'
import { MapEngine } from '@memplug/map'
import { late, ManualMap, withFunction } from './support/engines.js'
import { parseReplies, request } from './support/frames.js'
import { TestServer } from './support/test-server.js'

const hit = (key: string, value = key) => `VALUE ${key} 0 ${value.length}\r\n${value}\r\n`
const set = (key: string, value = key) => `set ${key} 0 0 ${value.length}\r\n${value}\r\n`
const END = 'END\r\n'
const TEMPORARY = 'SERVER_ERROR temporary failure\r\n'
const INTERNAL = 'SERVER_ERROR internal error of the engine\r\n'

const numbered = (count: number) => Array.from({ length: count }, (_, at) => `key${at}`)

async function serve (count: number) {
  const engine = new ManualMap()
  const server = new TestServer(engine)
  const link = server.connect()
  await server.ask(link, numbered(count).map(key => set(key)).join(''))
  return { engine, server, link }
}

/** Lets what has been answered be replied, though not all has. */
const turns = async () => { for (let turn = 0; turn < 10; turn++) await Promise.resolve() }

describe('over an engine that answers later', () => {
  test('gets are issued together, and answered in the order asked', async () => {
    const { engine, link } = await serve(5)
    link.send('get key0 key1 none key2 key1\r\n')
    expect(engine.keys).toEqual(['key0', 'key1', 'none', 'key2', 'key1'])
    const answers = engine.waiting.splice(0)
    for (const at of [4, 2, 1]) answers[at]()
    await turns()
    expect(link.takeText()).toBe('')
    answers[0]()
    await turns()
    expect(link.takeText()).toBe(hit('key0') + hit('key1'))
    answers[3]()
    await turns()
    expect(link.takeText()).toBe(hit('key2') + hit('key1') + END)
  })

  test('no more than 128 at a time, so that a long line needs no more memory', async () => {
    const { engine, server, link } = await serve(300)
    link.send(`get ${numbered(300).join(' ')}\r\n`)
    expect(engine.keys.length).toBe(128)
    let most = 0
    while (engine.waiting.length > 0) {
      most = Math.max(most, engine.waiting.length)
      engine.waiting.shift()!()
      await turns()
    }
    expect(most).toBe(128)
    await server.idle()
    expect(link.takeText()).toBe(numbered(300).map(key => hit(key)).join('') + END)
  })

  test('the next request waits until the line is answered', async () => {
    const { engine, server, link } = await serve(2)
    link.send('get key0 key1\r\nget key1\r\nversion\r\n')
    expect(engine.keys).toEqual(['key0', 'key1'])
    engine.waiting.splice(0).forEach(answer => { answer() })
    await turns()
    expect(engine.keys).toEqual(['key0', 'key1', 'key1'])
    engine.waiting.shift()!()
    await server.idle()
    expect(link.takeText()).toBe(
      `${hit('key0')}${hit('key1')}${END}${hit('key1')}${END}VERSION 1.6.45\r\n`)
  })

  test('binary gets go together too, and whatever else is behind them waits', async () => {
    const { engine, server } = await serve(2)
    const link = server.connect()
    const gets = ['key1', 'none', 'key0'].map((key, opaque) => request(O.GETKQ, { key, opaque }))
    link.send(Buffer.concat([...gets, request(O.DELETE, { key: 'key0' }), request(O.NOOP)]))
    expect(engine.keys).toEqual(['key1', 'none', 'key0'])
    engine.waiting.splice(0).reverse().forEach(answer => { answer() })
    await server.idle()
    expect(parseReplies(link.take()).map(({ opcode, value }) => [opcode, value]))
      .toEqual([[O.GETKQ, 'key1'], [O.GETKQ, 'key0'], [O.DELETE, ''], [O.NOOP, '']])
  })

  test('an error is the reply to the whole line, and the next one is right', async () => {
    for (const [failure, line] of [
      [Status.TEMPORARY_FAILURE, TEMPORARY], [new Error('broken'), INTERNAL]
    ] as const) {
      for (const bad of [0, 1, 2]) {
        const { engine, server, link } = await serve(3)
        link.send('get key0 key1 key2\r\nversion\r\n')
        const answers = engine.waiting.splice(0)
        for (const at of [2, 1, 0]) answers[at](at === bad ? failure : undefined)
        await server.idle()
        expect(link.takeText()).toBe(`${line}VERSION 1.6.45\r\n`)
      }
    }
  })

  test('what has been sent before an error stays sent, and nothing follows the error', async () => {
    const { engine, server, link } = await serve(3)
    link.send('get key0 key1 key2\r\nversion\r\n')
    const answers = engine.waiting.splice(0)
    answers[0]()
    await turns()
    answers[1](Status.TEMPORARY_FAILURE)
    answers[2]()
    await server.idle()
    expect(link.takeText()).toBe(`${hit('key0')}${TEMPORARY}VERSION 1.6.45\r\n`)
  })

  test('two clients, each with its own order', async () => {
    const { engine, server, link } = await serve(2)
    const other = server.connect()
    link.send('get key0 key1\r\n')
    other.send('get key1 none\r\n')
    const [a0, a1, b0, b1] = engine.waiting.splice(0)
    for (const answer of [b1, a1, b0, a0]) answer()
    await server.idle()
    expect(link.takeText()).toBe(hit('key0') + hit('key1') + END)
    expect(other.takeText()).toBe(hit('key1') + END)
  })
})

test('over an engine that answers at once, an error is the reply to the whole line', async () => {
  const engine = new MapEngine()
  withFunction(engine, 'get', (op: Op) => {
    const key = op.key.toString('latin1', op.keyStart, op.keyEnd)
    if (key === 'bad') return Status.TEMPORARY_FAILURE
    return MapEngine.prototype.get.call(engine, op)
  })
  const server = new TestServer(engine)
  const link = server.connect()
  await server.ask(link, set('a'))
  for (const line of ['get a bad a', 'get bad', 'get a bad', 'gets a a bad a a']) {
    expect(await server.askText(link, `${line}\r\nversion\r\n`))
      .toBe(`${TEMPORARY}VERSION 1.6.45\r\n`)
  }
})

describe.each<[string, () => Engine]>([
  ['the map', () => new MapEngine()], ['the late map', () => new Late(new MapEngine())]
])('a line of 100,000 keys, over %s', (_, create) => {
  const COUNT = 100_000

  test('is answered as it comes, in bounded memory', async () => {
    const server = new TestServer(create())
    const link = server.connect()
    await server.ask(link, set('hit', 'x'.repeat(100)))
    const keys = Array.from({ length: COUNT }, (_, at) => at % 10 === 0 ? 'hit' : `missing${at}`)
    const before = process.memoryUsage().rss
    link.send(`get ${keys.slice(0, COUNT / 2).join(' ')} `)
    await server.idle()
    const half = link.takeText()
    expect(half).toBe(hit('hit', 'x'.repeat(100)).repeat(COUNT / 20))
    link.send(`${keys.slice(COUNT / 2).join(' ')}\r\n`)
    await server.idle()
    expect(link.takeText()).toBe(half + END)
    expect(process.memoryUsage().rss - before).toBeLessThan(32 << 20)
  })
})

test('a late engine is asked for every key of a long line once', async () => {
  const engine = late()
  const server = new TestServer(engine)
  const link = server.connect()
  const keys = numbered(1000)
  await server.ask(link, keys.map(key => set(key)).join(''))
  expect(await server.askText(link, `gets ${keys.join(' ')}\r\n`))
    .toBe(keys.map((key, at) =>
      `VALUE ${key} 0 ${key.length} ${at + 1}\r\n${key}\r\n`).join('') + END)
  expect(server.shared.sum('cmd_get')).toBe(1000)
  expect([engine.holds, engine.breaches]).toEqual([0, []])
})
