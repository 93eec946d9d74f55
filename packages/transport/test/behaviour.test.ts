import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OUTPUT_ROOM, type Link, type Receiver, type Transport } from '@memplug/transport'
import { Peer } from './support/peer.js'
import { Echo, Recorder, send } from './support/receivers.js'
import { kinds } from './support/transports.js'

const LOCAL = { host: '127.0.0.1', port: 0 }
const BACKLOG = 1024

function openDescriptors (): number { return readdirSync('/proc/self/fd').length }

describe.each(kinds)('the transport $name', ({ name, create }) => {
  let transport: Transport
  const peers: Peer[] = []

  beforeEach(() => { transport = create() })

  afterEach(async () => {
    for (const peer of peers.splice(0)) peer.close()
    await transport.close()
  })

  async function connect (address: string): Promise<Peer> {
    const peer = await Peer.connect(address)
    peers.push(peer)
    return peer
  }

  function listen<R extends Receiver> (make: (link: Link) => R, list: R[] = []): Promise<string> {
    return transport.listen(LOCAL, BACKLOG, link => {
      const receiver = make(link)
      list.push(receiver)
      return receiver
    })
  }

  function listenForEchoes (list: Echo[] = []): Promise<string> {
    return listen(link => new Echo(link, transport.output), list)
  }

  function listenForRecorders (list: Recorder[] = []): Promise<string> {
    return listen(link => new Recorder(link, transport.output), list)
  }

  /** A connection and both its ends. */
  async function pair (): Promise<[Recorder, Peer]> {
    const recorders: Recorder[] = []
    const peer = await connect(await listenForRecorders(recorders))
    peer.write('?')
    while (recorders[0]?.length !== 1) await new Promise(setImmediate)
    recorders[0].chunks.length = recorders[0].length = recorders[0].events.length = 0
    return [recorders[0], peer]
  }

  /** Others on the transport are served: what could have happened by now has happened. */
  async function turns (count = 3): Promise<void> {
    const peer = await connect(await listenForEchoes())
    for (let i = 0; i < count; i++) {
      peer.write('turn')
      expect(await peer.readText(4)).toBe('turn')
    }
  }

  test('is called by its name', () => { expect(transport.name).toBe(name) })

  test('answers a client', async () => {
    const peer = await connect(await listenForEchoes())
    for (let i = 0; i < 20; i++) {
      peer.write(`request ${i}`)
      expect(await peer.readText(`request ${i}`.length)).toBe(`request ${i}`)
    }
  })

  test('names both ends of a connection', async () => {
    const [recorder, peer] = await pair()
    expect(recorder.link.local).toBe(`tcp:127.0.0.1:${peer.socket.remotePort}`)
    expect(recorder.link.remote).toBe(`tcp:127.0.0.1:${peer.socket.localPort}`)
  })

  test('serves many connections at once, more than fit one batch', async () => {
    const address = await listenForEchoes()
    const clients = await Promise.all(Array.from({ length: 1000 }, () => connect(address)))
    for (let round = 0; round < 2; round++) {
      clients.forEach((client, i) => { client.write(`<${round} ${i}>`.padEnd(10)) })
      const replies = await Promise.all(clients.map(client => client.readText(10)))
      expect(replies).toEqual(clients.map((_, i) => `<${round} ${i}>`.padEnd(10)))
    }
  })

  test('takes and gives large amounts, each byte right', async () => {
    const bytes = randomBytes(12 << 20)
    const echoes: Echo[] = []
    const peer = await connect(await listenForEchoes(echoes))
    peer.write(bytes)
    expect((await peer.read(bytes.length)).equals(bytes)).toBe(true)
    expect(echoes[0].mostUnsent).toBeLessThan(1 << 20)
  })

  test('keeps what a slow reader does not take, and says when it is gone', async () => {
    const bytes = randomBytes(1 << 20)
    const [recorder, peer] = await pair()
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
    const [recorder, peer] = await pair()
    peer.socket.pause()
    while (recorder.link.unsent < 1 << 20) {
      recorder.send(randomBytes(1 << 20))
      await new Promise(setImmediate)
    }
    await turns(20)
  })

  test('leaves room in the Output after each flush', async () => {
    const [recorder, peer] = await pair()
    const { output } = transport
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
    const [recorder] = await pair()
    const { output } = transport
    const before = output.flushes
    recorder.link.flush()
    expect(output.flushes).toBe(before)
    recorder.send('x')
    expect(output.flushes).toBeGreaterThan(before)
    expect(output.end).toBe(output.start)
  })

  test('does not mix up what is written for several links in one turn', async () => {
    const recorders: Recorder[] = []
    const address = await listenForRecorders(recorders)
    const first = await connect(address)
    const second = await connect(address)
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

  test('leaves no descriptor behind when clients come and go', async () => {
    const echoes: Echo[] = []
    const address = await listenForEchoes(echoes)
    const before = openDescriptors()
    for (let round = 0; round < 40; round++) {
      const clients = await Promise.all(Array.from({ length: 25 }, () => connect(address)))
      for (const client of clients) client.write('hello')
      await Promise.all(clients.map(client => client.read(5)))
      for (const client of clients) client.close()
      peers.length = 0
    }
    await Promise.all(echoes.map(echo => echo.untilEvent('closed')))
    await turns(1)
    peers.splice(0).forEach(peer => peer.close())
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(openDescriptors()).toBeLessThanOrEqual(before + 2)
    expect(echoes.length).toBeGreaterThanOrEqual(1000)
  })

  test('can still answer a client that will send no more', async () => {
    const [recorder, peer] = await pair()
    peer.socket.end('last words')
    await recorder.untilEvent('ended')
    expect(recorder.text).toBe('last words')
    await turns()
    recorder.send('and an answer')
    recorder.link.end()
    expect((await peer.readAll()).toString()).toBe('and an answer')
    await recorder.untilEvent('closed')
    expect(recorder.events).toEqual(['receive', 'ended', 'closed'])
  })

  test('tells of a connection that is reset, once', async () => {
    const [recorder, peer] = await pair()
    peer.socket.resetAndDestroy()
    await recorder.untilEvent('closed')
    await turns()
    expect(recorder.count('closed')).toBe(1)
    expect(recorder.events.at(-1)).toBe('closed')
    recorder.send('to nobody')
    recorder.link.resume()
    recorder.link.end()
    recorder.link.destroy()
    await turns()
    expect(recorder.count('closed')).toBe(1)
  })

  test('sends what is pending before it ends a connection', async () => {
    const bytes = randomBytes(6 << 20)
    const [recorder, peer] = await pair()
    peer.socket.pause()
    recorder.send(bytes)
    recorder.send('bye')
    recorder.link.end()
    await turns()
    expect(recorder.count('closed')).toBe(0)
    peer.socket.resume()
    const got = await peer.readAll()
    expect(got.length).toBe(bytes.length + 3)
    expect(got.subarray(0, bytes.length).equals(bytes)).toBe(true)
    expect(got.toString('latin1', bytes.length)).toBe('bye')
    await recorder.untilEvent('closed')
  })

  test('receives nothing any more once it ends a connection', async () => {
    const [recorder, peer] = await pair()
    recorder.send('bye')
    recorder.link.end()
    recorder.send('never sent')
    peer.write('too late')
    expect((await peer.readAll()).toString()).toBe('bye')
    await recorder.untilEvent('closed')
    expect(recorder.length).toBe(0)
  })

  test('closes at once when told to', async () => {
    const [recorder, peer] = await pair()
    recorder.link.destroy()
    expect(recorder.count('closed')).toBe(0)
    expect((await peer.readAll()).length).toBe(0)
    await recorder.untilEvent('closed')
    expect(recorder.events).toEqual(['closed'])
  })

  test('sends held bytes in order, and tells when each is gone', async () => {
    const [recorder, peer] = await pair()
    const held = [randomBytes(40_000), randomBytes(3_000_000), randomBytes(1), randomBytes(100_000)]
    const expected: Buffer[] = []
    held.forEach((bytes, i) => {
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

  test('sends a part of a Buffer over shared memory', async () => {
    const [recorder, peer] = await pair()
    const memory = Buffer.from(new SharedArrayBuffer(1 << 20), 100)
    memory.write('held bytes', 5000)
    recorder.link.sendHeld(memory, 5000, 5010, 'token')
    expect(await peer.readText(10)).toBe('held bytes')
    await recorder.untilEvent('sent')
  })

  test('gives held bytes back when the connection ends first, before it is closed', async () => {
    const [recorder, peer] = await pair()
    peer.socket.pause()
    const bytes = randomBytes(8 << 20)
    for (let i = 0; i < 3; i++) recorder.link.sendHeld(bytes, 0, bytes.length, i)
    await turns()
    expect(recorder.tokens.length).toBeLessThan(3)
    recorder.link.destroy()
    await recorder.untilEvent('closed')
    expect(recorder.tokens).toEqual([0, 1, 2])
    expect(recorder.events.at(-1)).toBe('closed')
    recorder.link.sendHeld(bytes, 0, 1, 'late')
    expect(recorder.tokens.at(-1)).toBe('late')
  })

  test('gives held bytes back when the client resets the connection', async () => {
    const [recorder, peer] = await pair()
    peer.socket.pause()
    const bytes = randomBytes(8 << 20)
    for (let i = 0; i < 3; i++) recorder.link.sendHeld(bytes, 0, bytes.length, i)
    await turns()
    peer.socket.resetAndDestroy()
    await recorder.untilEvent('closed')
    expect(recorder.tokens).toEqual([0, 1, 2])
  })

  test('reads nothing while a link is paused', async () => {
    const [recorder, peer] = await pair()
    recorder.link.pause()
    recorder.link.pause()
    peer.write('held up')
    await turns(10)
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
    const [recorder, peer] = await pair()
    recorder.link.pause()
    peer.socket.end('last words')
    await turns(10)
    expect(recorder.events).toEqual([])
    recorder.link.resume()
    await recorder.untilEvent('ended')
    expect(recorder.text).toBe('last words')
  })

  test('reads into the range that it is given, and the rest into the input', async () => {
    const value = randomBytes(700_001)
    const [recorder, peer] = await pair()
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

  test('reads into one range after the other, until there is none', async () => {
    const [recorder, peer] = await pair()
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
    const [recorder, peer] = await pair()
    recorder.link.fill(Buffer.alloc(100), 0, 100)
    peer.socket.end('too short')
    await recorder.untilEvent('ended')
  })

  test('says why it refuses a connection', async () => {
    const address = await transport.listen(LOCAL, BACKLOG, link => {
      send(link, transport.output, Buffer.from('ERROR Too many '))
      transport.output.end += transport.output.bytes.write('open connections\r\n',
        transport.output.end)
      return null
    })
    for (let i = 0; i < 3; i++) {
      const peer = await connect(address)
      peer.write('get a\r\n')
      expect((await peer.readAll()).toString()).toBe('ERROR Too many open connections\r\n')
    }
  })

  test('serves IPv6', async () => {
    const address = await transport.listen({ host: '::1', port: 0 }, BACKLOG,
      link => new Echo(link, transport.output))
    expect(address).toMatch(/^tcp6:\[::1\]:\d+$/)
    const peer = await connect(address)
    peer.write('six')
    expect(await peer.readText(3)).toBe('six')
  })

  test('serves every address when none is named', async () => {
    const address = await transport.listen({ port: 0 }, BACKLOG,
      link => new Echo(link, transport.output))
    const port = /\d+$/.exec(address)![0]
    const peer = await connect(`tcp:127.0.0.1:${port}`)
    peer.write('any')
    expect(await peer.readText(3)).toBe('any')
  })

  test('resolves host names', async () => {
    const address = await transport.listen({ host: 'localhost', port: 0 }, BACKLOG,
      link => new Echo(link, transport.output))
    expect(address).toMatch(/^tcp:127\.0\.0\.1:\d+$|^tcp6:\[::1\]:\d+$/)
  })

  describe('on a unix socket', () => {
    const folder = mkdtempSync(join(tmpdir(), 'memplug-'))
    const path = join(folder, 'socket')

    afterAll(() => { rmSync(folder, { recursive: true }) })

    test('serves, with the permissions asked for, and takes the file away', async () => {
      const recorders: Recorder[] = []
      const address = await transport.listen({ path, mode: 0o640 }, BACKLOG, link => {
        recorders.push(new Echo(link, transport.output))
        return recorders[0]
      })
      expect(address).toBe(`unix:${path}`)
      expect(statSync(path).mode & 0o777).toBe(0o640)
      const peer = await connect(address)
      peer.write('local')
      expect(await peer.readText(5)).toBe('local')
      expect(recorders[0].link.local).toBe(`unix:${path}`)
      expect(recorders[0].link.remote).toBe(`unix:${path}`)
      await transport.close()
      expect(existsSync(path)).toBe(false)
    })

    test('takes the place of a socket that was left behind', async () => {
      const stale = create()
      await stale.listen({ path }, BACKLOG, () => null)
      const peer = await connect(await transport.listen({ path }, BACKLOG,
        link => new Echo(link, transport.output)))
      peer.write('new')
      expect(await peer.readText(3)).toBe('new')
      await stale.close()
    })

    test('serves what a client had sent before it was gone', async () => {
      const recorders: Recorder[] = []
      const address = await transport.listen({ path }, BACKLOG, link => {
        recorders.push(new Recorder(link, transport.output))
        recorders[0].link.pause()
        return recorders[0]
      })
      const peer = await connect(address)
      peer.socket.end('last words')
      peer.socket.destroySoon()
      await turns(10)
      expect(recorders[0].events).toEqual([])
      recorders[0].link.resume()
      await recorders[0].untilEvent('ended')
      expect(recorders[0].text).toBe('last words')
      await turns(10)
      recorders[0].link.end()
      await recorders[0].untilEvent('closed')
    })

    test.each([
      ['a missing folder', join(folder, 'none', 'socket'), 'ENOENT'],
      ['too long a path', join(folder, 'x'.repeat(120)), 'ENAMETOOLONG'],
      ['a path that is taken', folder, 'EADDRINUSE']
    ])('refuses %s', async (_, bad, code) => {
      await expect(transport.listen({ path: bad }, BACKLOG, () => null)).rejects
        .toMatchObject({ code, syscall: 'listen', address: bad, port: -1 })
    })
  })

  test('tells of a port in use as Node does', async () => {
    const server = createServer()
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    await expect(transport.listen({ host: '127.0.0.1', port }, BACKLOG, () => null)).rejects
      .toMatchObject({
        message: `listen EADDRINUSE: address already in use 127.0.0.1:${port}`,
        code: 'EADDRINUSE', errno: -98, syscall: 'listen', address: '127.0.0.1', port
      })
    await new Promise(resolve => server.close(resolve))
  })

  test('refuses addresses and ports that are none', async () => {
    await expect(transport.listen({ host: '192.0.2.1', port: 0 }, BACKLOG, () => null)).rejects
      .toMatchObject({ code: 'EADDRNOTAVAIL', syscall: 'listen', address: '192.0.2.1' })
    await expect(transport.listen({ host: '127.0.0.1', port: 65536 }, BACKLOG, () => null))
      .rejects.toMatchObject({ name: 'RangeError' })
  })

  test('closes everything, tells every connection, and can be closed twice', async () => {
    const recorders: Recorder[] = []
    const address = await listenForRecorders(recorders)
    const clients = await Promise.all(Array.from({ length: 20 }, () => connect(address)))
    while (recorders.length < 20) await new Promise(setImmediate)
    recorders[0].send('last')
    await transport.close()
    expect(recorders.every(recorder => recorder.count('closed') === 1)).toBe(true)
    const texts = await Promise.all(clients.map(client => client.readAll()))
    expect(Buffer.concat(texts).toString()).toBe('last')
    await expect(Peer.connect(address)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await transport.close()
  })

  test('can be closed from within receive()', async () => {
    const [recorder, peer] = await pair()
    let closed: Promise<void> | undefined
    recorder.receive = () => {
      recorder.send('closing')
      closed = transport.close()
      recorder.send('never sent')
      recorder.link.flush()
    }
    peer.write('shutdown')
    expect((await peer.readAll()).toString()).toBe('closing')
    await closed
    expect(recorder.count('closed')).toBe(1)
  })

  test('a link may be ended while others of the same batch have yet to be served', async () => {
    const recorders: Recorder[] = []
    const address = await listen(link => {
      const recorder = new Recorder(link, transport.output)
      recorder.receive = () => { for (const other of recorders) other.link.destroy() }
      return recorder
    }, recorders)
    const clients = await Promise.all(Array.from({ length: 50 }, () => connect(address)))
    while (recorders.length < 50) await new Promise(setImmediate)
    for (const client of clients) client.write('x')
    await Promise.all(recorders.map(recorder => recorder.untilEvent('closed')))
    expect(recorders.every(recorder => recorder.events.length === 1)).toBe(true)
  })
})
