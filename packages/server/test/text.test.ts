import { engines } from './support/engines.js'
import { TestServer } from './support/test-server.js'
import { options, transcripts } from './support/text-transcripts.js'

const latin1 = (bytes: Buffer) => bytes.toString('latin1')

describe.each(Object.entries(engines))('over %s', (_, create) => {
  test.each(Object.entries(transcripts))('%s', async (_, exchanges) => {
    const server = new TestServer(create(), options)
    const link = server.connect()
    for (const { request, reply } of exchanges) {
      expect([latin1(request), await server.askText(link, request)])
        .toEqual([latin1(request), latin1(reply)])
    }
    expect(link.isClosed).toBe(false)
    expect(server.logged('error')).toEqual([])
  })
})
