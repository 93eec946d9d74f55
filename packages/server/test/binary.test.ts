import { options, transcripts } from './support/binary-transcripts.js'
import { engines } from './support/engines.js'
import { parseReplies } from './support/frames.js'
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
