import { Checked, Late } from '@memplug/engine-kit'
import { Status, type Engine, type Op } from '@memplug/engine'
import { MapEngine } from '@memplug/map'
import { createEngine as createSlab } from '@memplug/slab'
import { PlainMap, withFunction } from './support/engines.js'
import { TestServer } from './support/test-server.js'

/** The meta commands over engines of all kinds; test/transcripts/meta.txt has every reply. */

const NOT_KEPT = 'CLIENT_ERROR flag not supported by the engine\r\n'
const BAD_LINE = 'CLIENT_ERROR bad command line format\r\n'
const FLAGS = 'CLIENT_ERROR options flags are too long\r\n'
const options = { memoryLimit: 8 << 20 }

const askAll = (engine: Engine, request: string, size?: number): Promise<string> => {
  const server = new TestServer(engine, options)
  return server.askText(server.connect(), request, size)
}

const counted = async (server: TestServer, names: string[]): Promise<number[]> => {
  const told = await server.askText(server.connect(), 'stats\r\n')
  return names.map(name => Number(new RegExp(`STAT ${name} (\\d+)`).exec(told)?.[1]))
}

describe('an engine that answers late', () => {
  const late = (): Engine => new Checked(new Late(createSlab()))

  test('answers in the order asked, whatever each command is', async () => {
    const request = [
      'ms a 3 T100 c E9\r\nbar', 'mg a v t k Oone', 'mg none k q', 'mg none k', 'ma n N0 J5 v',
      'ma n t T50 v', 'mg n t T60 R30 s', 'md a I T30', 'mg a s v', 'mg a s', 'ms a 2 MA s\r\n!!',
      'mn', 'mg b N0 s v', 'mg b s', 'md b x', 'md b q', 'md b', 'me none', 'mg a m', 'mn'
    ].map(line => `${line}\r\n`).join('')
    const reply = 'HD c9\r\nVA 3 t100 ka Oone\r\nbar\r\nEN knone\r\nVA 1\r\n5\r\n' +
      'VA 1 t-1\r\n6\r\nHD t50 s1\r\nHD\r\nVA 3 s3 X W\r\nbar\r\nHD s3 Z X\r\nHD s5\r\nMN\r\n' +
      'VA 0 s0 W\r\n\r\nHD s0 Z\r\nHD\r\nNF\r\nEN\r\nCLIENT_ERROR invalid flag\r\nMN\r\n'
    for (const size of [undefined, 1, 7]) expect(await askAll(late(), request, size)).toBe(reply)
  })

  test('finds what is asked for in base64, though the line is gone by then', async () => {
    expect(await askAll(late(), 'ms AAEC 1 b k\r\nx\r\nmg AAEC b v k O1\r\nma AAEC b t T9 v\r\n'))
      .toBe('HD kAAEC b\r\nVA 1 kAAEC b O1\r\nx\r\n' +
        'CLIENT_ERROR cannot increment or decrement non-numeric value\r\n')
  })

  test('is told of where it failed, in place of the reply, even to a quiet command', async () => {
    const server = new TestServer(new Late(createSlab(), { failEvery: 1 }), options)
    for (const line of [
      'mg a v q', 'mg a t T5', 'ms a 1 q\r\nx', 'md a q', 'ma a q', 'ma a t T5', 'me a'
    ]) {
      expect([line, await server.askText(server.connect(), `${line}\r\nmn\r\n`)]).toEqual(
        [line, 'SERVER_ERROR temporary failure\r\nMN\r\n'])
    }
  })

  test('that never answers costs no more than an error', async () => {
    const engine = new Late(createSlab(), { hangEvery: 1 })
    const server = new TestServer(engine, { ...options, engineTimeout: 20 })
    for (const line of ['mg a v', 'mg a t T5', 'ms a 1\r\nx', 'md a', 'ma a', 'me a']) {
      const link = server.connect()
      link.send(`${line}\r\nmn\r\n`)
      await new Promise(resolve => setTimeout(resolve, 150))
      expect([line, link.take().toString()]).toEqual(
        [line, 'SERVER_ERROR engine timeout\r\nMN\r\n'])
    }
  })
})

describe('an engine without the feature meta', () => {
  const engines = { 'the map': () => new MapEngine(), 'a plain map': () => new PlainMap() }

  test.each(Object.entries(engines))('serves what it can: %s', async (_, create) => {
    expect(await askAll(create(), [
      'ms a 3 T100 F7\r\nbar', 'mg a v s f t k Oo u', 'mg a t T50 v', 'mg a t', 'ms a 1 MA\r\n!',
      'mg a v', 'ms n 1 N5 s\r\n5', 'ma n v D2', 'ma m N0 v', 'md n q', 'mg n q', 'mg n', 'mn'
    ].map(line => `${line}\r\n`).join(''))).toBe(
      'HD\r\nVA 3 s3 f7 t100 ka Oo\r\nbar\r\nVA 3 t100\r\nbar\r\nHD t50\r\nHD\r\nVA 4\r\nbar!\r\n' +
      'HD s1\r\nVA 1\r\n7\r\nVA 1\r\n0\r\nEN\r\nMN\r\n')
  })

  test.each([
    'mg a h', 'mg a l', 'mg a N0 v', 'mg a R30 q', 'mg a E5', 'ms a 2 E5 q\r\nhi',
    'ms a 2 I C5\r\nhi', 'ms a 2 MA N0\r\nhi', 'md a I', 'md a x', 'md a I T0 q', 'ma a T0 q',
    'ma a E5', 'me a'
  ])('refuses %j, and nothing is out of step', async line => {
    const asked = `set a 0 0 1\r\n5\r\n${line}\r\nget a\r\n`
    expect(await askAll(new MapEngine(), asked)).toBe(
      `STORED\r\n${NOT_KEPT}VALUE a 0 1\r\n5\r\nEND\r\n`)
  })

  test('or cas refuses to compare', async () => {
    const engine = withFunction(new MapEngine(), 'getInfo', () =>
      ({ apiVersion: 1, name: 'x', version: '1', features: [] }))
    const refused = 'SERVER_ERROR not supported by the engine\r\n'
    expect(await askAll(engine, 'ms a 1 C1\r\nx\r\nmd a C1\r\nma a C1\r\nma a C0\r\nmn\r\n')).toBe(
      `${refused.repeat(3)}NF\r\nMN\r\n`)
  })
})

describe('values', () => {
  test.each([0, 1, 2000, 32_767, 32_768, 300_000])('of %i bytes come and go', async size => {
    const value = 'v'.repeat(size)
    const request = `ms a ${size} s\r\n${value}\r\nmg a v s\r\nmg a v k\r\nmn\r\n`
    const reply = `HD s${size}\r\nVA ${size} s${size}\r\n${value}\r\nVA ${size} ka\r\n` +
      `${value}\r\nMN\r\n`
    for (const piece of [undefined, 1001]) {
      expect(await askAll(createSlab(), request, piece) === reply).toBe(true)
    }
  })

  test('for which there is no room take the old one with them, but joined leave it', async () => {
    const large = 'v'.repeat(600_000)
    expect(await askAll(createSlab(), [
      'ms a 1 q\r\nx', `ms a 2000000 q\r\n${'v'.repeat(2e6)}`, 'mg a', 'ms a 1 q\r\nx',
      `ms a 2000000 MA C5\r\n${'v'.repeat(2e6)}`, 'mg a', `ms a 600000\r\n${large}`,
      `ms a 600000 MA q k\r\n${large}`, 'mg a s', 'mn'
    ].map(line => `${line}\r\n`).join(''))).toBe(
      'SERVER_ERROR object too large for cache\r\nEN\r\n' +
      'SERVER_ERROR object too large for cache\r\nEN\r\nHD\r\nNS ka\r\nHD s600000\r\nMN\r\n')
  })

  test('that the client never sends are let go', async () => {
    const released: Op[] = []
    const engine = new MapEngine()
    const server = new TestServer(withFunction(engine, 'release', (op: Op) => {
      released.push(op)
    }), options)
    const link = server.connect()
    await server.askText(link, 'ms c 1000 k Oo\r\nonly this')
    link.receiver.closed()
    expect(released).toHaveLength(1)
  })
})

test('memory that is full is told as memcached tells it', async () => {
  const full = (name: 'get' | 'arithmetic' | 'allocate'): Engine =>
    withFunction(createSlab(), name, () => Status.NO_MEMORY)
  expect(await askAll(full('get'), 'mg a N0 k O1\r\n')).toBe('EN ka O1\r\n')
  expect(await askAll(full('arithmetic'), 'ma a q\r\n')).toBe('SERVER_ERROR out of memory\r\n')
  expect(await askAll(full('allocate'), 'ms a 1 q\r\nx\r\nmn\r\n')).toBe(
    'SERVER_ERROR out of memory storing object\r\nMN\r\n')
})

test('they are counted as memcached counts them', async () => {
  const server = new TestServer(createSlab(), options)
  await server.askText(server.connect(), [
    'ms a 1\r\n5', 'ms a 1 C99\r\n5', 'ms b 1 C1\r\n5', 'ms a 1 ME\r\n5', 'mg a', 'mg a T0', 'mg b',
    'mg b T0', 'mg c N0', 'me a', 'me b', 'mn', 'ma a', 'ma a MD', 'ma b', 'ma b MD', 'ma d N0',
    'md a C1', 'md a I', 'md a x', 'md a', 'md a', 'mg a m', 'ms a 1 m\r\n5', 'me'
  ].map(line => `${line}\r\n`).join(''))
  const wanted = {
    cmd_set: 4, cas_badval: 1, cas_misses: 1, cmd_get: 4, get_hits: 2, get_misses: 2, cmd_touch: 1,
    touch_hits: 1, touch_misses: 0, cmd_meta: 2, incr_hits: 1, decr_hits: 1, incr_misses: 1,
    decr_misses: 1, delete_hits: 2, delete_misses: 2
  }
  expect(await counted(server, Object.keys(wanted))).toEqual(Object.values(wanted))
})

test('what is verbose shows requests and replies', async () => {
  const server = new TestServer(createSlab(), { ...options, verbosity: 2 })
  server.shared.verbosity = 2
  await server.askText(server.connect(), 'ms a 1 k\r\nx\r\nmg a v\r\nmg b k\r\n')
  const traced = server.logged('debug').join('\n')
  for (const text of ['ms a 1 k', 'HD ka', 'mg a v', 'VA 1', 'EN kb']) {
    expect(traced).toContain(text)
  }
})

describe('hostile lines', () => {
  const kept = 'ms k 1\r\nx\r\n'

  test.each([
    ['an opaque of 2000 bytes', `mg k O${'o'.repeat(2000)}`,
      'CLIENT_ERROR opaque token too long\r\n'],
    ['a thousand flags', `mg k${' v'.repeat(1000)}`, FLAGS],
    ['a thousand flags of ms', `ms k 1${' v'.repeat(1000)}\r\nx`, FLAGS],
    ['a thousand blanks', `mg${' '.repeat(1000)}k${' '.repeat(900)}`, 'HD\r\n'],
    ['a key of 2000 bytes', `mg ${'k'.repeat(2000)} v`, BAD_LINE],
    ['a key of 2000 digits', `mg ${'A'.repeat(2000)} b`, BAD_LINE],
    ['nothing but padding', 'mg ======== b k', 'CLIENT_ERROR error decoding key\r\n'],
    ['a cas beyond all', `mg k C${'9'.repeat(1900)}`,
      'CLIENT_ERROR bad token in command line format\r\n'],
    ['a negative delta', 'ma k D-1', 'CLIENT_ERROR invalid or duplicate flag\r\n'],
    ['a negative length', 'ms k -5', BAD_LINE],
    ['the least length', 'ms k -2147483648', BAD_LINE],
    ['a length of many digits', `ms k ${'1'.repeat(1900)}`, BAD_LINE],
    ['times out of bounds', 'mg k T99999999999999999999',
      'CLIENT_ERROR bad token in command line format\r\n'],
    ['bytes of all kinds', 'mg k \0\x01\x02\x7f', BAD_LINE]
  ])('%s', async (_, line, reply) => {
    expect(await askAll(createSlab(), `${kept}${line}\r\nmg k v\r\n`)).toBe(
      `HD\r\n${reply}VA 1\r\nx\r\n`)
  })

  test('a line that does not end closes the connection, and no other', async () => {
    const server = new TestServer(createSlab(), options)
    const [bad, good] = [server.connect(), server.connect()]
    expect(await server.askText(bad, `mg k${' v'.repeat(5000)}`)).toBe('')
    expect(bad.isClosed).toBe(true)
    expect(await server.askText(good, kept)).toBe('HD\r\n')
  })
})
