import { Opcode as O } from '@memplug/protocol'
import { MapEngine } from '@memplug/map'
import { request, u32 } from './support/frames.js'
import { TestServer } from './support/test-server.js'

test('from verbosity 2 up, requests and replies are logged, a line each', async () => {
  const server = new TestServer(new MapEngine())
  server.shared.verbosity = 2
  await server.ask(server.connect(), 'set a 0 0 1\r\nx\r\nget a\r\nbogus\r\ngat 0 b\r\n')
  const id = /^<(\d+) /.exec(server.logged('debug')[0])![1]
  expect(server.logged('debug')).toEqual([
    `<${id} set a 0 0 1`, `>${id} STORED`, `<${id} get a`, `>${id} sending key a`, `>${id} END`,
    `<${id} bogus`, `>${id} ERROR`, `<${id} gat 0 b`, `>${id} END`
  ])
})

test('the command verbosity turns it on and off for all', async () => {
  const server = new TestServer(new MapEngine())
  const [link, other] = [server.connect(), server.connect()]
  await server.ask(link, 'version\r\nverbosity 1\r\nversion\r\n')
  expect(server.logged('debug')).toEqual([])
  await server.ask(link, 'verbosity 9\r\n')
  await server.ask(other, 'version\r\n')
  expect(server.logged('debug').length).toBe(3)
  await server.ask(other, 'verbosity 0\r\nverbosity 0\r\n')
  expect(server.logged('debug').length).toBe(4)
})

test('what is logged is bounded, and can\'t end its line', async () => {
  const server = new TestServer(new MapEngine())
  server.shared.verbosity = 2
  const key = `\x00\x1b[31m${'k'.repeat(240)}\x7f`
  await server.ask(server.connect(), `get ${key} ${'\xff'.repeat(250)} a\r\n` +
    `get${' k'.repeat(5000)}\r\nset ${'s'.repeat(1000)} 0 0 1\r\nx\r\n\x01\x02\r\n`)
  await server.ask(server.connect(), Buffer.concat([
    request(O.DELETE, { key }), request(O.SET, { key, value: 'x', extras: u32(0, 0), cas: 5 }),
    request(0x99, { key, value: 'y'.repeat(5000) })
  ]))
  const lines = server.logged('debug')
  expect(lines.length).toBeGreaterThan(8)
  for (const line of lines) {
    expect(line.length).toBeLessThan(4000)
    expect(line).not.toMatch(/[\0-\x1f]/)
  }
})
