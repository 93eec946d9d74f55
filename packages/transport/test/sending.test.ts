import { randomBytes } from 'node:crypto'
import { OUTPUT_ROOM, type Link, type Output } from '@memplug/transport'
import { Echo, Recorder } from './support/receivers.js'
import { Stage } from './support/stage.js'
import { kinds } from './support/transports.js'

/** Answers each byte with the same large value. */
class Asked extends Recorder {
  readonly held: Buffer

  constructor (link: Link, output: Output, held: Buffer) {
    super(link, output)
    this.held = held
  }

  override receive (input: Buffer, start: number, end: number): void {
    super.receive(input, start, end)
    for (; start < end; start++) this.link.sendHeld(this.held, 0, this.held.length, 'value')
  }
}

describe.each(kinds)('sending of the transport $name', kind => {
  const stage = new Stage()

  beforeEach(() => { stage.open(kind) })
  afterEach(() => stage.close())

  test('takes and gives large amounts, each byte right', async () => {
    const bytes = randomBytes(12 << 20)
    const echoes: Echo[] = []
    const peer = await stage.connect(await stage.listenForEchoes(echoes))
    peer.write(bytes)
    expect((await peer.read(bytes.length)).equals(bytes)).toBe(true)
    expect(echoes[0].mostUnsent).toBeLessThan(1 << 20)
  })

  test('keeps what a slow reader does not take, and says when it is gone', async () => {
    const bytes = randomBytes(1 << 20)
    const [recorder, peer] = await stage.pair()
    peer.socket.pause()
    let rounds = 0
    while (recorder.link.unsent < 1 << 20) {
      recorder.send(bytes)
      rounds++
      await new Promise(setImmediate)
    }
    expect(recorder.count('drained')).toBe(0)
    recorder.send('the end')
    expect(recorder.link.unsent).toBeGreaterThan(1 << 20)
    peer.socket.resume()
    for (let i = 0; i < rounds; i++) {
      expect((await peer.read(bytes.length)).equals(bytes)).toBe(true)
    }
    expect(await peer.readText(7)).toBe('the end')
    await recorder.untilEvent('drained')
    expect(recorder.link.unsent).toBe(0)
    expect(recorder.count('drained')).toBe(1)
  })

  test('a slow reader does not keep others from being served', async () => {
    const [recorder, peer] = await stage.pair()
    peer.socket.pause()
    while (recorder.link.unsent < 1 << 20) {
      recorder.send(randomBytes(1 << 20))
      await new Promise(setImmediate)
    }
    await stage.turns(20)
  })

  test('leaves room in the Output after each flush', async () => {
    const [recorder, peer] = await stage.pair()
    const { output } = stage.transport
    const total = 40 * 60_000
    for (let i = 0; i < 40; i++) {
      expect(output.bytes.length - output.end).toBeGreaterThanOrEqual(OUTPUT_ROOM)
      output.bytes.fill(i, output.end, output.end + 60_000)
      output.end += 60_000
      recorder.link.flush()
    }
    const got = await peer.read(total)
    for (let i = 0; i < 40; i++) {
      expect(got.subarray(i * 60_000, (i + 1) * 60_000).every(byte => byte === i)).toBe(true)
    }
  })

  test('counts flushes that had something to flush', async () => {
    const [recorder] = await stage.pair()
    const { output } = stage.transport
    const before = output.flushes
    recorder.link.flush()
    expect(output.flushes).toBe(before)
    recorder.send('x')
    expect(output.flushes).toBeGreaterThan(before)
    expect(output.end).toBe(output.start)
  })

  test('does not mix up what is written for several links in one turn', async () => {
    const recorders: Recorder[] = []
    const address = await stage.listenForRecorders(recorders)
    const first = await stage.connect(address)
    const second = await stage.connect(address)
    while (recorders.length < 2) await new Promise(setImmediate)
    for (let i = 0; i < 10; i++) {
      recorders[0].send(`a${i}`)
      recorders[1].send(`b${i}`)
    }
    const texts = await Promise.all([first.readText(20), second.readText(20)])
    expect(texts.map(text => text[0]).sort()).toEqual(['a', 'b'])
    for (const text of texts) {
      expect(text).toBe([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(i => `${text[0]}${i}`).join(''))
    }
  })

  test('sends what is pending before it ends a connection', async () => {
    const bytes = randomBytes(6 << 20)
    const [recorder, peer] = await stage.pair()
    peer.socket.pause()
    recorder.send(bytes)
    recorder.send('bye')
    recorder.link.end()
    await stage.turns()
    expect(recorder.count('closed')).toBe(0)
    peer.socket.resume()
    const got = await peer.readAll()
    expect(got.length).toBe(bytes.length + 3)
    expect(got.subarray(0, bytes.length).equals(bytes)).toBe(true)
    expect(got.toString('latin1', bytes.length)).toBe('bye')
    await recorder.untilEvent('closed')
  })

  test.each([false, true])('sends held bytes in order, tells when each is gone (gathered: %s)',
    async isGathered => {
      const [recorder, peer] = await stage.pair()
      const held = [40_000, 3_000_000, 1, 100_000].map(size => randomBytes(size))
      const expected: Buffer[] = []
      held.forEach((bytes, i) => {
        if (isGathered) recorder.link.gather?.()
        recorder.send(`head ${i}\r\n`)
        recorder.link.sendHeld(bytes, 0, bytes.length, i)
        recorder.send('\r\n')
        expected.push(Buffer.from(`head ${i}\r\n`), bytes, Buffer.from('\r\n'))
      })
      const all = Buffer.concat(expected)
      expect((await peer.read(all.length)).equals(all)).toBe(true)
      await recorder.until(() => recorder.tokens.length === held.length)
      expect(recorder.tokens).toEqual([0, 1, 2, 3])
    })

  test('many that ask for more than a turn sends all get it', async () => {
    const held = randomBytes(600_000)
    const recorders: Recorder[] = []
    const { output } = stage.transport
    const name = await stage.listen(link => new Asked(link, output, held), recorders)
    const peers = await Promise.all(Array.from({ length: 30 }, () => stage.connect(name)))
    for (let round = 0; round < 3; round++) {
      for (const peer of peers) peer.write('?')
      const got = await Promise.all(peers.map(peer => peer.read(held.length)))
      expect(got.every(bytes => bytes.equals(held))).toBe(true)
    }
    await Promise.all(recorders.map(recorder =>
      recorder.until(() => recorder.tokens.length === 3 && recorder.link.unsent === 0)))
  })

  test('sends a part of a Buffer over shared memory', async () => {
    const [recorder, peer] = await stage.pair()
    const memory = Buffer.from(new SharedArrayBuffer(1 << 20), 100)
    memory.write('held bytes', 5000)
    recorder.link.sendHeld(memory, 5000, 5010, 'token')
    expect(await peer.readText(10)).toBe('held bytes')
    await recorder.untilEvent('sent')
  })

  test('gives held bytes back when the connection ends first, before it is closed', async () => {
    const [recorder, peer] = await stage.pair()
    peer.socket.pause()
    const bytes = randomBytes(8 << 20)
    for (let i = 0; i < 3; i++) recorder.link.sendHeld(bytes, 0, bytes.length, i)
    await stage.turns()
    expect(recorder.tokens.length).toBeLessThan(3)
    recorder.link.destroy()
    await recorder.untilEvent('closed')
    expect(recorder.tokens).toEqual([0, 1, 2])
    expect(recorder.events.at(-1)).toBe('closed')
    recorder.link.sendHeld(bytes, 0, 1, 'late')
    expect(recorder.tokens.at(-1)).toBe('late')
  })

  test('sends what was gathered when the connection ends in the same turn', async () => {
    const [recorder, peer] = await stage.pair()
    const bytes = randomBytes(200_000)
    recorder.link.gather?.()
    recorder.send('head')
    recorder.link.sendHeld(bytes, 0, bytes.length, 'token')
    recorder.send('tail')
    recorder.link.end()
    const got = await peer.readAll()
    expect(got.equals(Buffer.concat([Buffer.from('head'), bytes, Buffer.from('tail')]))).toBe(true)
    await recorder.untilEvent('closed')
    expect(recorder.tokens).toEqual(['token'])
  })

  test('gives held bytes back when the client resets the connection', async () => {
    const [recorder, peer] = await stage.pair()
    peer.socket.pause()
    const bytes = randomBytes(8 << 20)
    for (let i = 0; i < 3; i++) recorder.link.sendHeld(bytes, 0, bytes.length, i)
    await stage.turns()
    peer.socket.resetAndDestroy()
    await recorder.untilEvent('closed')
    expect(recorder.tokens).toEqual([0, 1, 2])
  })
})
