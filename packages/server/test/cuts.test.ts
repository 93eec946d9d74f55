import * as binary from './support/binary-transcripts.js'
import { engines, late } from './support/engines.js'
import { TestServer } from './support/test-server.js'
import * as text from './support/text-transcripts.js'
import type { Exchange } from './support/transcript.js'

/** However the bytes of a conversation come in, the same bytes are replied. */

interface Conversation { request: Buffer, reply: string }

function glue (exchanges: Exchange[]): Conversation {
  return {
    request: Buffer.concat(exchanges.map(({ request }) => request)),
    reply: Buffer.concat(exchanges.map(({ reply }) => reply)).toString('latin1')
  }
}

const options = { ...text.options, ...binary.options }
const conversations: [string, Conversation][] = [text.transcripts, binary.transcripts]
  .flatMap(transcripts => Object.entries(transcripts))
  .map(([name, exchanges]) => [name, glue(exchanges)])

const every = Object.entries(engines)

describe.each(every)('over %s', (_, create) => {
  test.each(conversations)('all at once: %s', async (_, { request, reply }) => {
    const server = new TestServer(create(), options)
    expect(await server.askText(server.connect(), request)).toBe(reply)
  })

  test.each(conversations)('byte by byte: %s', async (_, { request, reply }) => {
    const server = new TestServer(create(), options)
    expect(await server.askText(server.connect(), request, 1)).toBe(reply)
  })
})

describe('in two pieces, cut at every byte', () => {
  test.each(conversations)('%s', async (_, { request, reply }) => {
    for (let at = 1; at < request.length; at++) {
      const server = new TestServer(engines['the map'](), options)
      const link = server.connect()
      link.send(request.subarray(0, at))
      link.send(request.subarray(at))
      // What the engine leaves to the server is done in later turns.
      if (server.core.waiting.unsettled > 0) await server.idle()
      expect(link.takeText()).toBe(reply)
    }
  })
})

test.each(every)('between the bytes of another client, over %s', async (_, create) => {
  for (const [, { request, reply }] of conversations) {
    const server = new TestServer(create(), options)
    const [link, other] = [server.connect(), server.connect()]
    const asked = 'get no such keys\r\n'
    for (let at = 0; at < request.length; at += 7) {
      link.send(request.subarray(at, at + 7))
      other.send(asked.charAt(at / 7 % asked.length))
    }
    await server.idle()
    expect(link.takeText()).toBe(reply)
    expect(other.takeText()).toMatch(/^(END\r\n)*$/)
  }
})

test('a late engine, many clients at once: to each its own replies, in order', async () => {
  const server = new TestServer(late(), options)
  const links = Array.from({ length: 20 }, () => server.connect())
  for (let round = 0; round < 10; round++) {
    links.forEach((link, at) => {
      link.send(`set key${at} ${round} 0 4\r\n${1000 + round}\r\nget key${at} none\r\n` +
        `incr key${at} 1\r\nget key${at} key${at}\r\n`)
    })
    await server.idle()
    links.forEach((link, at) => {
      const value = (number: number) => `VALUE key${at} ${round} 4\r\n${number}\r\n`
      expect(link.takeText()).toBe(`STORED\r\n${value(1000 + round)}END\r\n` +
        `${1001 + round}\r\n${value(1001 + round).repeat(2)}END\r\n`)
    })
  }
  expect(server.logged('error')).toEqual([])
})
