import type { EngineInfo, Foreseeing, Op } from '@memplug/engine'
import { MapEngine } from '@memplug/map'
import { request } from './support/frames.js'
import { TestServer } from './support/test-server.js'

const LONG = 'a-key-that-makes-the-line-long-enough'
const LONGER = LONG + LONG

/** Writes down what it is told and what it is asked; asserts that no foreseen byte changes. */
class Foreseer extends MapEngine implements Foreseeing {
  readonly log: string[] = []
  #check = () => {}

  override getInfo (): EngineInfo {
    return { ...super.getInfo(), features: ['foresight'] }
  }

  foresee (key: Buffer, starts: Int32Array, ends: Int32Array, count: number): void {
    this.#check()
    const read = () => Array.from({ length: count }, (_, i) =>
      key.toString('latin1', starts[i], ends[i])).join(' ')
    const [startsNow, endsNow] = [starts.slice(0, count), ends.slice(0, count)]
    const keys = read()
    this.log.push(`foresee ${keys}`)
    this.#check = () => {
      const now = Array.from(startsNow, (start, i) => key.toString('latin1', start, endsNow[i]))
      expect(now.join(' ')).toBe(keys)
    }
  }

  override get (op: Op) {
    this.#check()
    this.log.push(op.key.toString('latin1', op.keyStart, op.keyEnd))
    return super.get(op)
  }
}

/** The first request decides on the protocol: nothing is foreseen before. */
async function serve (first: Buffer | string = 'version\r\n') {
  const engine = new Foreseer()
  const server = new TestServer(engine)
  const link = server.connect()
  await server.ask(link, first)
  return { engine, server, link }
}

test('the keys of lines that wait are foreseen in their order, and void after the last',
  async () => {
    const { engine, server, link } = await serve()
    await server.askText(link, `get ${LONG} b c\r\nget d\r\nget e ${LONG}\r\n`)
    expect(engine.log).toEqual(
      [`foresee ${LONG} b c d e ${LONG}`, LONG, 'b', 'c', 'd', 'e', LONG, 'foresee '])
  })

test('a long line is foreseen in parts', async () => {
  const { engine, server, link } = await serve()
  const keys = Array.from({ length: 40 }, (_, i) => `a-longer-key-${i}`)
  await server.askText(link, `get ${keys.join(' ')}\r\n`)
  expect(engine.log.filter(line => !line.startsWith('foresee'))).toEqual(keys)
  expect(engine.log.filter(line => line.startsWith('foresee'))).toEqual([
    `foresee ${keys.slice(0, 16).join(' ')}`, `foresee ${keys.slice(16, 32).join(' ')}`,
    `foresee ${keys.slice(32).join(' ')}`, 'foresee '
  ])
})

test.each([
  ['returns in keys', `get ${LONGER}\r b\rc\r d\r\r\n`, [`${LONGER}\r`, 'b\rc\r', 'd\r']],
  ['many blanks', `get   ${LONGER}   b  \r\n`, [LONGER, 'b']],
  ['no return', `get ${LONGER} b\n`, [LONGER, 'b']],
  ['a return alone', `get ${LONGER} b \r\n`, [LONGER, 'b']],
  ['others', `get ${LONGER}\0 \x01b\t \x7f\r\n`, [`${LONGER}\0`, '\x01b\t', '\x7f']]
])('it finds the same ends of keys as the command: %s', async (_, line, keys) => {
  const { engine, server, link } = await serve()
  expect(await server.askText(link, line)).toBe('END\r\n')
  expect(engine.log).toEqual([`foresee ${keys.join(' ')}`, ...keys, 'foresee '])
})

test('the keys of frames are foreseen, those of stores among them', async () => {
  const { engine, server, link } = await serve(request(0x0a))
  const frames = [request(0x00, { key: 'one' }),
    request(0x01, { key: 'two', extras: '\0'.repeat(8), value: 'x' }),
    request(0x00, { key: 'three' })]
  await server.ask(link, Buffer.concat(frames))
  expect(engine.log).toEqual(['foresee one two three', 'one', 'three', 'foresee '])
})

test('one request alone is not', async () => {
  const { engine, server, link } = await serve()
  await server.askText(link, `get ${LONG}${LONG}${LONG}\r\n`)
  await server.askText(link, 'get a b\r\n')
  expect(engine.log.filter(line => line.startsWith('foresee'))).toEqual([])
})

describe('in a batch', () => {
  const one = `get ${LONG}-1\r\n`
  const two = `get ${LONG}-2\r\nget ${LONG}-3\r\n`

  async function serveBatch (parts: string[]) {
    const { engine, server, link } = await serve()
    const other = server.connect()
    await server.ask(other, 'version\r\n')
    const bytes = Buffer.from(parts.join(''), 'latin1')
    const batch = { bytes, end: bytes.length, over: () => {} }
    server.core.foresight.follow(batch)
    let at = 0
    for (const [i, part] of parts.entries()) {
      const receiver = (i % 2 === 0 ? link : other).receiver
      receiver.receive(bytes, at, at += part.length)
    }
    engine.log.push('over')
    batch.end = 0
    batch.over()
    return { engine, replies: [link.take().toString('latin1'), other.take().toString('latin1')] }
  }

  test('the keys of the next connections are foreseen too, and void when it is over', async () => {
    const { engine, replies } = await serveBatch([one, two, one])
    const keys = [1, 2, 3, 1].map(number => `${LONG}-${number}`)
    expect(engine.log).toEqual([`foresee ${keys.join(' ')}`, ...keys, 'over', 'foresee '])
    expect(replies).toEqual(['END\r\nEND\r\n', 'END\r\nEND\r\n'])
  })

  test('a key that is cut does not end in a next connection\'s line', async () => {
    const { engine, replies } = await serveBatch([`get ${LONG}-4 b c`, two])
    expect(engine.log.filter(line => !line.includes(' '))).toEqual(
      [`${LONG}-2`, `${LONG}-3`, 'over'])
    expect(replies).toEqual(['', 'END\r\nEND\r\n'])
  })

  test('a request that is cut does not make a next connection\'s another', async () => {
    const { engine, replies } = await serveBatch([one.slice(0, -8), two])
    expect(engine.log.filter(line => !line.includes(' '))).toEqual(
      [`${LONG}-2`, `${LONG}-3`, 'over'])
    expect(replies).toEqual(['', 'END\r\nEND\r\n'])
  })
})

test('an engine that fails at it is asked all the same', async () => {
  const { engine, server, link } = await serve()
  engine.foresee = () => { throw new Error('a fault of the engine') }
  const line = `get ${LONG} ${LONG}\r\n`
  expect(await server.askText(link, `set ${LONG} 0 0 1\r\nx\r\n${line}`)).toBe(
    `STORED\r\n${`VALUE ${LONG} 0 1\r\nx\r\n`.repeat(2)}END\r\n`)
})
