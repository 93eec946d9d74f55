import { Status } from '@memplug/engine'
import type { Administered, Answer, EngineInfo } from '@memplug/engine'
import { MapEngine } from '@memplug/map'
import { TestServer } from './support/test-server.js'

class Obeying extends MapEngine implements Administered {
  asked: readonly string[] = []

  override getInfo (): EngineInfo {
    return { ...super.getInfo(), features: ['admin'] }
  }

  administer (words: readonly string[], tell: (line: string) => void): Answer {
    this.asked = words
    if (words[0] === 'lru') throw new Error('a fault of the engine')
    if (words[0] !== 'slabs') return Status.NOT_FOUND
    tell('two\r\nlines')
    return words[1] === 'later' ? Promise.resolve(Status.SUCCESS) : Status.SUCCESS
  }
}

test('the words of a command reach an engine that is administered, and its line the client',
  async () => {
    const engine = new Obeying()
    const server = new TestServer(engine)
    const link = server.connect()
    expect(await server.askText(link, 'slabs reassign 1  2\r\nmiss\r\n')).toBe(
      'two  lines\r\nERROR\r\n')
    expect(engine.asked).toEqual(['slabs', 'reassign', '1', '2'])
    expect(await server.askText(link, 'slabs later\r\n')).toBe('two  lines\r\n')
    expect(await server.askText(link, 'slabs automove later noreply\r\nlru on noreply\r\nmn\r\n'))
      .not.toMatch(/two/)
    expect(engine.asked).toEqual(['lru', 'on'])
    expect(await server.askText(link, 'slabs reassign noreply\r\n')).toBe('two  lines\r\n')
    expect(await server.askText(link, 'slabs on noreply\r\n')).toBe('two  lines\r\n')
    expect(engine.asked).toEqual(['slabs', 'on', 'noreply'])
    expect(await server.askText(link, 'cache_memlimit 64\r\n')).toBe('ERROR\r\n')
    expect(await server.askText(link, 'lru mode flat\r\nversion\r\n')).toMatch(
      /^SERVER_ERROR .*\r\nVERSION /)
  })

test('another engine knows no such command', async () => {
  const server = new TestServer(new MapEngine())
  expect(await server.askText(server.connect(), 'slabs automove 1\r\n')).toBe('ERROR\r\n')
  expect(await server.askText(server.connect(), 'slabs automove invalid\r\n'))
    .toBe('CLIENT_ERROR bad command line format\r\n')
})
