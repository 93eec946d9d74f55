import { Status, type Engine } from '@memplug/engine'
import { Opcode as O } from '@memplug/protocol'
import { checked, FeaturedMap, withFunction } from './support/engines.js'
import { parseReplies, request, u32, u64 } from './support/frames.js'
import { TestServer } from './support/test-server.js'

/** What an engine may answer and no ordinary one does, in the words of either protocol. */

const key = 'k'
const TEMPORARY = 'SERVER_ERROR temporary failure'
const UNSUPPORTED = 'SERVER_ERROR not supported by the engine'
const incr = request(O.INCREMENTQ, { key, extras: u64(1) + u64(5) + u32(0) })
const set = 'set k 0 0 1\r\nx\r\n'
const setq = request(O.SETQ, { key, value: 'x', extras: u32(0, 0) })

const table: [
  keyof Engine, status: Status, asked: string, replied: string, binary: Buffer, body: string
][] = [
  ['store', Status.TEMPORARY_FAILURE, set, TEMPORARY, setq, 'Temporary failure'],
  ['get', Status.TEMPORARY_FAILURE, 'get k\r\n', TEMPORARY, request(O.GETQ, { key }),
    'Temporary failure'],
  ['touch', Status.TEMPORARY_FAILURE, 'touch k 1\r\n', TEMPORARY,
    request(O.TOUCH, { key, extras: u32(1) }), 'Temporary failure'],
  ['touch', Status.TEMPORARY_FAILURE, 'gat 1 k\r\n', TEMPORARY,
    request(O.GATKQ, { key, extras: u32(1) }), 'Temporary failure'],
  ['remove', Status.TEMPORARY_FAILURE, 'delete k\r\n', TEMPORARY, request(O.DELETEQ, { key }),
    'Temporary failure'],
  ['arithmetic', Status.TEMPORARY_FAILURE, 'decr k 1\r\n', TEMPORARY, incr, 'Temporary failure'],
  ['arithmetic', Status.NO_MEMORY, 'incr k 1\r\n', 'SERVER_ERROR out of memory', incr,
    'Out of memory'],
  ['flush', Status.TEMPORARY_FAILURE, 'flush_all\r\n', TEMPORARY, request(O.FLUSHQ),
    'Temporary failure'],
  ['flush', Status.NOT_SUPPORTED, 'flush_all\r\n', UNSUPPORTED, request(O.FLUSHQ),
    'Not supported']
]

test.each(table)('%s answers 0x%s', async (name, status, asked, replied, binary, body) => {
  for (const isLate of [false, true]) {
    const inner = new FeaturedMap(isLate ? ['cas', 'async'] : ['cas'])
    const engine = checked(withFunction(inner, name,
      () => isLate ? Promise.resolve(status) : status))
    const server = new TestServer(engine)
    expect(await server.askText(server.connect(), `${asked}version\r\n`))
      .toBe(`${replied}\r\nVERSION 1.6.45\r\n`)
    const replies = parseReplies(await server.ask(server.connect(),
      Buffer.concat([binary, request(O.NOOP)])))
    expect(replies).toMatchObject([{ status, value: body }, { opcode: O.NOOP }])
    expect([engine.holds, engine.breaches, server.log]).toEqual([0, [], []])
  }
})

test('an engine without the feature cas is not asked to compare', async () => {
  const engine = checked(new FeaturedMap([]))
  const server = new TestServer(engine)
  const HIT = 'VALUE k 0 1\r\nx\r\nEND\r\n'
  expect(await server.askText(server.connect(), `${set}cas k 0 0 1 1\r\ny\r\nget k\r\n`))
    .toBe(`STORED\r\n${UNSUPPORTED}\r\n${HIT}`)
  const replies = parseReplies(await server.ask(server.connect(), Buffer.concat([
    request(O.SET, { key, value: 'y', extras: u32(0, 0), cas: 1 }),
    request(O.APPENDQ, { key, value: 'y', cas: 1 }), request(O.GET, { key })
  ])))
  expect(replies.map(({ status, value }) => [status, value])).toEqual([
    [Status.NOT_SUPPORTED, 'Not supported'], [Status.NOT_SUPPORTED, 'Not supported'], [0, 'x']])
  expect([engine.holds, engine.breaches]).toEqual([0, []])
})
