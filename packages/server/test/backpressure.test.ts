import { Opcode as O } from '@memplug/protocol'
import { checked, engines, late, ManualMap } from './support/engines.js'
import { parseReplies, request } from './support/frames.js'
import { TestServer } from './support/test-server.js'

/** A client that does not read what it asks for makes the server wait, not grow. */

const LIMIT = 10_000
const SMALL = 'abcdefghij'.repeat(100)
/** From 32 KiB on a value is sent from where it lies. */
const LARGE = 'ABCDEFGHIJ'.repeat(5000)
const hit = (key: string, value: string) => `VALUE ${key} 0 ${value.length}\r\n${value}\r\n`
const answer = (key: string, value: string) => `${hit(key, value)}END\r\n`
const set = (key: string, value: string) => `set ${key} 0 0 ${value.length}\r\n${value}\r\n`

const every = Object.entries(engines)

describe.each(every)('over %s', (_, create) => {
  async function serve () {
    const server = new TestServer(create(), { outputLimit: LIMIT })
    const link = server.connect()
    await server.ask(link, set('small', SMALL) + set('large', LARGE))
    return { server, link }
  }

  test.each([
    ['small', SMALL, 200, LIMIT + 2 * (1 << 17)],
    ['large', LARGE, 50, LIMIT + LARGE.length + 1000]
  ])('%s values', async (key, value, count, most) => {
    const { server, link } = await serve()
    link.stopReading()
    link.send(`get ${key}\r\n`.repeat(count))
    await server.idle()
    expect(link.isPaused).toBe(true)
    expect(link.mostUnsent).toBeGreaterThan(LIMIT)
    expect(link.mostUnsent).toBeLessThan(most)
    const replied = await server.readBy(link, 7777)
    expect(replied.toString('latin1')).toBe(answer(key, value).repeat(count))
    expect(link.isPaused).toBe(false)
    expect(link.mostUnsent).toBeLessThan(most)
  })

  test('nothing is parsed meanwhile: a set behind the gets is not done', async () => {
    const { server, link } = await serve()
    const other = server.connect()
    link.stopReading()
    link.send('get large\r\nset after 0 0 1\r\nx\r\n')
    await server.idle()
    expect(await server.askText(other, 'get after\r\n')).toBe('END\r\n')
    link.readAll()
    await server.idle()
    expect(link.takeText()).toBe(`${answer('large', LARGE)}STORED\r\n`)
    expect(await server.askText(other, 'get after\r\n')).toBe(answer('after', 'x'))
  })

  test('what comes in spite of a pause is kept, and served in its turn', async () => {
    const { server, link } = await serve()
    link.stopReading()
    link.isPushy = true
    const asked = ['get small\r\n', 'get large\r\n', set('large', LARGE), 'get none\r\n']
    link.send(asked.join('').repeat(10), 999)
    await server.idle()
    expect(link.mostUnsent).toBeLessThan(LIMIT + LARGE.length + 1000)
    const replies = answer('small', SMALL) + answer('large', LARGE) + 'STORED\r\nEND\r\n'
    expect((await server.readBy(link, 9999)).toString('latin1')).toBe(replies.repeat(10))
  })

  test('in the middle of a multiget', async () => {
    const { server, link } = await serve()
    link.stopReading()
    link.send(`get${' small large none'.repeat(20)}\r\nversion\r\n`)
    await server.idle()
    const replied = await server.readBy(link, 9999)
    const hits = hit('small', SMALL) + hit('large', LARGE)
    expect(replied.toString('latin1')).toBe(`${hits.repeat(20)}END\r\nVERSION 1.6.45\r\n`)
  })

  test('of binary gets', async () => {
    const { server } = await serve()
    const binary = server.connect()
    binary.stopReading()
    const keys = Array.from({ length: 40 }, (_, at) => at % 2 === 0 ? 'small' : 'large')
    binary.send(Buffer.concat([
      ...keys.map((key, opaque) => request(O.GETKQ, { key, opaque })), request(O.NOOP)
    ]))
    await server.idle()
    expect(binary.isPaused).toBe(true)
    const replies = parseReplies(await server.readBy(binary, 33_333))
    expect(replies.map(({ key, opaque, value }) => [key, opaque, value.length]).slice(0, -1))
      .toEqual(keys.map((key, at) => [key, at, key === 'small' ? SMALL.length : LARGE.length]))
    expect(replies.at(-1)!.opcode).toBe(O.NOOP)
  })
})

test('a value that is being sent is held until it has gone, and no longer', async () => {
  for (const engine of [checked(), late()]) {
    const server = new TestServer(engine, { outputLimit: LIMIT })
    const [link, other] = [server.connect(), server.connect()]
    await server.ask(other, set('large', LARGE))
    link.stopReading()
    link.send('get large\r\n')
    await server.idle()
    expect(engine.holds).toBe(1)
    await server.ask(other, set('large', 'other') + 'delete large\r\n')
    link.read(LARGE.length)
    await server.idle()
    expect(engine.holds).toBe(1)
    link.readAll()
    await server.idle()
    expect(link.takeText()).toBe(answer('large', LARGE))
    expect(engine.holds).toBe(0)
    expect(engine.breaches).toEqual([])
  }
})

test('values below 32 KiB are copied, larger ones are not', async () => {
  const server = new TestServer(checked())
  const link = server.connect()
  for (const [size, held] of [[(1 << 15) - 1, 0], [1 << 15, 1]] as const) {
    const value = 'x'.repeat(size)
    const before = link.held
    expect(await server.askText(link, `${set('k', value)}get k\r\n`))
      .toBe(`STORED\r\n${answer('k', value)}`)
    expect(link.held - before).toBe(held)
  }
})

test('others are served while one does not read', async () => {
  const server = new TestServer(engines['the map'](), { outputLimit: LIMIT })
  const [stuck, other] = [server.connect(), server.connect()]
  await server.ask(other, set('small', SMALL))
  stuck.stopReading()
  stuck.send('get small\r\n'.repeat(1000))
  expect(await server.askText(other, 'get small\r\n'.repeat(100)))
    .toBe(answer('small', SMALL).repeat(100))
})

test('answers that come while a client does not read wait for it, in order', async () => {
  const engine = new ManualMap()
  const server = new TestServer(engine, { outputLimit: 100 })
  const [link, other] = [server.connect(), server.connect()]
  await server.ask(other, set('a', SMALL))
  link.stopReading()
  link.send('get a b\r\nversion\r\n')
  for (const answer of engine.waiting.splice(0).reverse()) answer()
  await server.idle()
  link.readAll()
  await server.idle()
  expect(link.takeText()).toBe(`${answer('a', SMALL)}VERSION 1.6.45\r\n`)
})
