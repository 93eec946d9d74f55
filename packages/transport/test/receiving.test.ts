import { randomBytes } from 'node:crypto'
import { Stage } from './support/stage.js'
import { kinds } from './support/transports.js'

describe.each(kinds)('receiving of the transport $name', kind => {
  const stage = new Stage()

  beforeEach(() => { stage.open(kind) })
  afterEach(() => stage.close())

  test('answers a client', async () => {
    const peer = await stage.connect(await stage.listenForEchoes())
    for (let i = 0; i < 20; i++) {
      peer.write(`request ${i}`)
      expect(await peer.readText(`request ${i}`.length)).toBe(`request ${i}`)
    }
  })

  test('serves many connections at once, more than fit one batch', async () => {
    const address = await stage.listenForEchoes()
    const clients = await Promise.all(Array.from({ length: 1000 }, () => stage.connect(address)))
    for (let round = 0; round < 2; round++) {
      clients.forEach((client, i) => { client.write(`<${round} ${i}>`.padEnd(10)) })
      const replies = await Promise.all(clients.map(client => client.readText(10)))
      expect(replies).toEqual(clients.map((_, i) => `<${round} ${i}>`.padEnd(10)))
    }
  })

  test('reads nothing while a link is paused', async () => {
    const [recorder, peer] = await stage.pair()
    recorder.link.pause()
    recorder.link.pause()
    peer.write('held up')
    await stage.turns(10)
    expect(recorder.length).toBe(0)
    recorder.link.resume()
    await recorder.until(() => recorder.length === 7)
    expect(recorder.text).toBe('held up')
    recorder.link.pause()
    recorder.link.resume()
    peer.write(' no more')
    await recorder.until(() => recorder.length === 15)
  })

  test('tells of the end of a paused link once it has resumed', async () => {
    const [recorder, peer] = await stage.pair()
    recorder.link.pause()
    peer.socket.end('last words')
    await stage.turns(10)
    expect(recorder.events).toEqual([])
    recorder.link.resume()
    await recorder.untilEvent('ended')
    expect(recorder.text).toBe('last words')
  })

  test('reads into the range that it is given, and the rest into the input', async () => {
    const value = randomBytes(700_001)
    const [recorder, peer] = await stage.pair()
    const memory = Buffer.alloc(1 << 20)
    let filled = 0
    Object.assign(recorder, { filled: (count: number) => { filled += count } })
    recorder.link.fill(memory, 10, 10 + value.length)
    peer.write(value)
    peer.write('what follows')
    await recorder.until(() => recorder.length === 12)
    expect(filled).toBe(value.length)
    expect(memory.subarray(10, 10 + value.length).equals(value)).toBe(true)
    expect(memory[9] + memory[10 + value.length]).toBe(0)
    expect(recorder.text).toBe('what follows')
  })

  test('reads all that follows a long range', async () => {
    const bytes = randomBytes(300_000)
    const [recorder, peer] = await stage.pair()
    const memory = Buffer.alloc(100_000)
    recorder.link.fill(memory, 0, memory.length)
    peer.write(bytes)
    await recorder.until(() => recorder.length === 200_000)
    expect(Buffer.concat([memory, ...recorder.chunks]).equals(bytes)).toBe(true)
  })

  test('reads into one range after the other, until there is none', async () => {
    const [recorder, peer] = await stage.pair()
    const memory = Buffer.alloc(30)
    const ranges = [[0, 10], [10, 11], [11, 21]] as const
    let next = 0
    const filled = (): void => {
      const range = ranges[next++]
      if (range !== undefined) recorder.link.fill(memory, range[0], range[1])
      else recorder.link.fill(memory, 0, 0)
    }
    Object.assign(recorder, { filled })
    recorder.link.fill(memory, 21, 30)
    peer.write('123456789' + 'abcdefghij' + 'k' + 'lmnopqrstu' + 'rest')
    await recorder.until(() => recorder.length === 4)
    expect(memory.toString()).toBe('abcdefghijklmnopqrstu123456789')
    expect(recorder.text).toBe('rest')
    expect(() => recorder.link.fill(memory, 0, 31)).toThrow(RangeError)
  })

  test('an ended client is noticed while a range is being filled', async () => {
    const [recorder, peer] = await stage.pair()
    recorder.link.fill(Buffer.alloc(100), 0, 100)
    peer.socket.end('too short')
    await recorder.untilEvent('ended')
  })
})
