import { jest } from '@jest/globals'
import { MapEngine } from '@memplug/map'
import { Shared } from '../src/shared.js'
import { Clock, newEpoch } from '../src/clock.js'
import { engines } from './support/engines.js'
import { TestServer } from './support/test-server.js'

const ask = (server: TestServer, text: string) => server.askText(server.connect(), text)

test('without --enable-debug-commands they are no commands', async () => {
  const server = new TestServer(new MapEngine())
  expect(await ask(server, 'debugtime 5\r\ndebugtime p\r\ndebugitem ref a\r\n'))
    .toBe('ERROR\r\nERROR\r\nERROR\r\n')
  expect(server.clock.uptime).toBe(0)
})

describe.each(Object.entries(engines))('over %s', (_, create) => {
  const start = () => new TestServer(create(), { debugCommands: true })

  test('debugtime moves the clock: items expire', async () => {
    const server = start()
    expect(await ask(server, 'set a 0 5 1\r\nx\r\ndebugtime 4\r\nget a\r\n'))
      .toBe('STORED\r\nOK\r\nVALUE a 0 1\r\nx\r\nEND\r\n')
    expect(await ask(server, 'debugtime 1\r\nget a\r\n')).toBe('OK\r\nEND\r\n')
    expect(await ask(server, 'debugtime\r\ndebugtime x\r\ndebugtime p\r\ndebugtime r\r\n'))
      .toBe('ERROR\r\nERROR\r\nOK\r\nOK\r\n')
  })

  test('debugitem holds an item, and lets it go', async () => {
    const server = start()
    const link = server.connect()
    const say = (text: string) => server.askText(link, text)
    await say('set a 0 0 1\r\nx\r\n')
    expect(await say('debugitem ref a\r\ndebugitem ref a\r\ndebugitem lock a\r\n'))
      .toBe('OK\r\nOK\r\nOK\r\n')
    expect(await say('debugitem ref none\r\ndebugitem lock none\r\n')).toBe('MISS\r\nOK\r\n')
    expect(await say('debugitem unref a\r\ndebugitem unref a\r\ndebugitem unref a\r\n'))
      .toBe('OK\r\nOK\r\nMISS\r\n')
    expect(await say('debugitem unlock a\r\ndebugitem unlock a\r\n')).toBe('OK\r\nOK\r\n')
    expect(await say(`debugitem\r\ndebugitem ref\r\ndebugitem bogus a\r\ndebugitem ref ${
      'k'.repeat(251)}\r\n`)).toBe('ERROR\r\n'.repeat(4))
  })
})

test('the clock of all threads stands still, and goes on from where it would be', () => {
  const memory = Shared.reserve(2)
  const epoch = newEpoch()
  const [first, second] = [0, 1].map(thread => new Clock(new Shared(memory, thread), epoch))
  jest.useFakeTimers({ doNotFake: ['hrtime'] })
  first.start(() => {})
  second.stand(true)
  second.shift(7)
  jest.advanceTimersByTime(3000)
  expect([first.uptime, second.uptime]).toEqual([7, 7])
  second.stand(false)
  jest.advanceTimersByTime(1000)
  expect(first.uptime).toBe(7)
  second.shift(-100)
  expect(first.now).toBe(2)
  first.stop()
  jest.useRealTimers()
})
