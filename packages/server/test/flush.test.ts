import { Opcode as O } from '@memplug/protocol'
import { engines } from './support/engines.js'
import { parseReplies, request, u32 } from './support/frames.js'
import { TestServer } from './support/test-server.js'

const HIT = 'VALUE a 0 1\r\nx\r\nEND\r\n'
const END = 'END\r\n'
const OK = 'OK\r\n'
const SET = 'set a 0 0 1\r\nx\r\n'

describe.each(Object.entries(engines))('over %s', (_, create) => {
  async function serve (options = {}) {
    const server = new TestServer(create(), options)
    const link = server.connect()
    const ask = (text: string) => server.askText(link, text)
    await ask(SET)
    return { server, ask }
  }

  test('a delayed flush comes when it is due, and not before', async () => {
    const { server, ask } = await serve()
    expect(await ask('flush_all 10\r\nget a\r\n')).toBe(OK + HIT)
    await server.pass(9)
    expect(await ask('get a\r\n')).toBe(HIT)
    await server.pass(1)
    expect(await ask('get a\r\n')).toBe(END)
    expect(await ask(`${SET}get a\r\n`)).toBe(`STORED\r\n${HIT}`)
    await server.pass(100)
    expect(await ask('get a\r\n')).toBe(HIT)
  })

  test('it takes what was stored in the meantime', async () => {
    const { server, ask } = await serve()
    await ask('flush_all 10 noreply\r\n')
    await server.pass(5)
    await ask(SET)
    await server.pass(5)
    expect(await ask('get a\r\n')).toBe(END)
  })

  test('a later flush takes its place, whichever is due first', async () => {
    for (const [first, second, due] of [[5, 20, 20], [20, 5, 5]] as const) {
      const { server, ask } = await serve()
      await ask(`flush_all ${first}\r\nflush_all ${second}\r\n`)
      await server.pass(due - 1)
      expect(await ask('get a\r\n')).toBe(HIT)
      await server.pass(1)
      expect(await ask('get a\r\n')).toBe(END)
      await ask(SET)
      await server.pass(30)
      expect(await ask('get a\r\n')).toBe(HIT)
    }
  })

  test('a flush at once takes its place too', async () => {
    const { server, ask } = await serve()
    expect(await ask(`flush_all 10\r\nflush_all\r\n${SET}`)).toBe(`${OK}${OK}STORED\r\n`)
    await server.pass(20)
    expect(await ask('get a\r\n')).toBe(HIT)
  })

  test('a Unix time is one: past, flushed at once; to come, then', async () => {
    const { server, ask } = await serve()
    expect(await ask(`flush_all ${server.clock.unix - 100}\r\nget a\r\n`)).toBe(OK + END)
    await ask(`${SET}flush_all ${server.clock.unix + 10}\r\n`)
    await server.pass(9)
    expect(await ask('get a\r\n')).toBe(HIT)
    await server.pass(1)
    expect(await ask('get a\r\n')).toBe(END)
  })

  test('binary', async () => {
    const { server, ask } = await serve()
    const link = server.connect()
    const flush = request(O.FLUSHQ, { extras: u32(10) })
    const replies = await server.ask(link, Buffer.concat([flush, request(O.NOOP)]))
    expect(parseReplies(replies).map(({ opcode }) => opcode)).toEqual([O.NOOP])
    await server.pass(9)
    expect(await ask('get a\r\n')).toBe(HIT)
    await server.pass(1)
    expect(await ask('get a\r\n')).toBe(END)
  })

  test('where it is not allowed, it is refused and counted', async () => {
    const { server, ask } = await serve({ flushAll: false })
    const REFUSED = 'CLIENT_ERROR flush_all not allowed\r\n'
    expect(await ask('flush_all\r\nflush_all 10\r\nflush_all noreply\r\nget a\r\n'))
      .toBe(REFUSED + REFUSED + HIT)
    expect(await ask('flush_all x\r\n')).toBe(REFUSED)
    const link = server.connect()
    const flushes = [request(O.FLUSH), request(O.FLUSHQ), request(O.FLUSH, { extras: u32(9) })]
    for (const asked of flushes) {
      expect(parseReplies(await server.ask(link, asked)))
        .toMatchObject([{ status: 0x20, value: 'Auth failure.' }])
    }
    await server.pass(20)
    expect(await ask('get a\r\n')).toBe(HIT)
    expect(server.shared.sum('cmd_flush')).toBe(7)
  })
})
