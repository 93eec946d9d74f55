import { Opcode as O } from '@memplug/protocol'
import { options, transcripts } from './support/binary-transcripts.js'
import { engines } from './support/engines.js'
import { parseReplies, request, u32, u64 } from './support/frames.js'
import { TestServer } from './support/test-server.js'

describe.each(Object.entries(engines))('over %s', (_, create) => {
  test.each(Object.entries(transcripts))('%s', async (_, exchanges) => {
    const server = new TestServer(create(), options)
    const link = server.connect()
    for (const { request, reply } of exchanges) {
      const asked = request.toString('latin1')
      expect([asked, parseReplies(await server.ask(link, request))])
        .toEqual([asked, parseReplies(reply)])
    }
    expect(link.isClosed).toBe(false)
    expect(server.logged('error')).toEqual([])
  })
})

/** Requests that are well formed, by the extras they need; the others are unknown. */
const extrasOf = new Map<number, string>()
const needs = (extras: string, ...opcodes: number[]) => {
  for (const opcode of opcodes) extrasOf.set(opcode, extras)
}
needs('', O.GET, O.GETQ, O.GETK, O.GETKQ, O.DELETE, O.DELETEQ, O.APPEND, O.APPENDQ, O.PREPEND,
  O.PREPENDQ, O.STAT)
needs(u32(0, 0), O.SET, O.SETQ, O.ADD, O.ADDQ, O.REPLACE, O.REPLACEQ)
needs(u64(1) + u64(1) + u32(0), O.INCREMENT, O.INCREMENTQ, O.DECREMENT, O.DECREMENTQ)
needs(u32(0), O.TOUCH, O.GAT, O.GATQ, O.GATK, O.GATKQ)
const keyless: number[] = [O.NOOP, O.VERSION, O.FLUSH, O.FLUSHQ, O.QUIT, O.QUITQ]
needs('', ...keyless)

test('every opcode there can be is answered under its own name and number, or not at all',
  async () => {
    for (let opcode = 0; opcode < 256; opcode++) {
      const server = new TestServer(engines['the late map, checked']())
      const link = server.connect()
      const fields = { extras: extrasOf.get(opcode) ?? 'xyz', opaque: 1000 + opcode }
      const key = keyless.includes(opcode) ? '' : 'slabs'
      const asked = Buffer.concat([request(opcode, { ...fields, key }), request(O.NOOP)])
      const replies = parseReplies(await server.ask(link, asked))
      const closes = opcode === O.QUIT || opcode === O.QUITQ
      expect([opcode, link.isClosed]).toEqual([opcode, closes])
      if (!closes) expect(replies.pop()).toMatchObject({ opcode: O.NOOP, status: 0 })
      expect(replies.length).toBeLessThanOrEqual(1)
      for (const reply of replies) expect(reply).toMatchObject({ opcode, opaque: 1000 + opcode })
      if (!extrasOf.has(opcode)) expect(replies).toMatchObject([{ status: 0x81 }])
      else expect(replies[0]?.status).not.toBe(0x81)
    }
  })
