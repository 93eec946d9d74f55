import { RawClient } from './support/client.js'
import { Opcode, counterExtras, frame, readReplies, uint32s } from './support/frames.js'
import { engines, isSubstitute, startServer, type ServerProcess } from './support/server.js'

/** For what memcached 1.6.18, when it stands in for memplug, does worse. */
const better = isSubstitute ? test.skip : test

/** What broke memcached once; each has its own name so that it stays away for ever. */
describe.each(engines)('faults that memcached had, %s', engine => {
  let server: ServerProcess
  let client: RawClient
  beforeAll(async () => { server = await startServer(engine, ['-vv']) })
  afterAll(() => server.stop())
  beforeEach(async () => { client = await RawClient.connect(server.port) })
  afterEach(async () => {
    client.close()
    const other = await RawClient.connect(server.port)
    expect(await other.text('set ok 0 0 1\r\n1\r\nget ok\r\n'))
      .toBe('STORED\r\nVALUE ok 0 1\r\n1\r\nEND\r\n')
    other.close()
  })

  const send = async (request: Buffer): Promise<Array<[opcode: number, status: number]>> => {
    client.send(request)
    return readReplies(await client.untilClosed()).map(reply => [reply.opcode, reply.status])
  }

  test.each(['maps', 'malloc'])('CVE-2009-1255, 1494: stats %s tells nothing', async group => {
    expect(await client.text(`stats ${group}\r\n`)).toBe('ERROR\r\n')
  })

  test.each(['-1', '2147483647'])('CVE-2009-2415: a set of %s bytes', async size => {
    expect(await client.text(`set k 0 0 ${size}\r\nversion\r\n`))
      .toMatch(/^CLIENT_ERROR bad command line format\r\nVERSION/)
  })

  test('CVE-2010-1152: bytes without a line feed', async () => {
    client.send('x'.repeat(1_000_000))
    await client.untilClosed()
  })

  better('CVE-2011-4971: a body of 0xffffffe8 bytes', async () => {
    const header = { extras: uint32s(0, 0), key: 'k', bodyLength: 0xffffffe8 }
    expect(await send(frame({ opcode: Opcode.Set, ...header }))).toEqual([[Opcode.Set, 4]])
  })

  better.each([Opcode.Delete, Opcode.Get, 0xff])(
    'CVE-2013-0179, 7290, 7291: opcode %d with a key that is no text under -vv', async opcode => {
      const key = `${'%s%n\x1b[2J\xff'.repeat(20)}\r\n`
      const bytes = await client.binary(frame({ opcode, key, opaque: 5 }))
      expect(readReplies(bytes)[0].opaque).toBe(5)
      expect(server.log()).not.toContain('\x1b')
    })

  better.each([
    ['CVE-2016-8704', Opcode.Append, 0], ['CVE-2016-8704', Opcode.PrependQ, 0],
    ['CVE-2016-8705', Opcode.Set, 8], ['CVE-2016-8705', Opcode.AddQ, 8],
    ['CVE-2016-8705', Opcode.Replace, 8], ['CVE-2016-8706', Opcode.SaslAuth, 0]
  ])('%s: opcode %d with a body shorter than its key', async (_, opcode, size) => {
    const request = frame({
      opcode, extras: Buffer.alloc(size), key: 'k'.repeat(250), bodyLength: size + 1
    })
    expect(await send(request)).toEqual([[opcode, 0x81]])
  })

  better.each([
    Opcode.Get, Opcode.GetKQ, Opcode.Delete, Opcode.Touch, Opcode.Gat, Opcode.Increment,
    Opcode.Stat, Opcode.Flush
  ])('CVE-2017-9951: opcode %d with a body of a byte', async opcode => {
    const replies = await send(Buffer.concat([
      frame({ opcode, bodyLength: 1, keyLength: 0, extrasLength: 0 }), Buffer.alloc(1)
    ]))
    expect(replies).toEqual([[opcode, 4]])
  })

  better.each([21, 64, 255])('CVE-2020-10931: %d bytes of extras', async size => {
    const request = frame({
      opcode: Opcode.Increment, key: 'k',
      extras: Buffer.concat([counterExtras(1n), Buffer.alloc(size - 20)])
    })
    expect(await send(request)).toEqual([[Opcode.Increment, 4]])
  })

  test.each(['get', 'gets', 'incr', 'touch', 'delete', 'set', 'cas', 'gat', 'verbosity',
    'flush_all', 'stats'])('CVE-2019-11596: %s and every number of arguments', async verb => {
    for (let count = 0; count < 30; count++) {
      const line = `${[verb, ...Array.from({ length: count }, () => 'x')].join(' ')}\r\n`
      const other = await RawClient.connect(server.port)
      expect(await other.text(line)).toMatch(/^(([A-Z_]+)( [ -~]*)?\r\n)*$/)
      other.close()
    }
  })

  test('CVE-2023-46852, 46853: many blanks after get, and bare line feeds', async () => {
    expect(await client.text(`get${' '.repeat(1800)}none\n`)).toBe('END\r\n')
    expect(await client.text(`get${' '.repeat(1800)}none\nget none\n\n`)).toMatch(/^(END\r\n){2}/)
  })

  test.each([100, 1000, 1800])('d4fd459d6: a line of %d blanks', async count => {
    expect(await client.text(`${' '.repeat(count)}\r\n`)).toMatch(/ERROR/)
  })
})
