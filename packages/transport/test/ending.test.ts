import { readdirSync } from 'node:fs'
import { constants } from 'node:os'
import { Peer } from './support/peer.js'
import { Echo, Recorder } from './support/receivers.js'
import { Stage } from './support/stage.js'
import { kinds } from './support/transports.js'

function openDescriptors (): number { return readdirSync('/proc/self/fd').length }

describe.each(kinds)('ending of connections of the transport $name', kind => {
  const stage = new Stage()

  beforeEach(() => { stage.open(kind) })
  afterEach(() => stage.close())

  test('leaves no descriptor behind when clients come and go', async () => {
    const echoes: Echo[] = []
    const address = await stage.listenForEchoes(echoes)
    const before = openDescriptors()
    for (let round = 0; round < 40; round++) {
      const clients = await Promise.all(Array.from({ length: 25 }, () => stage.connect(address)))
      for (const client of clients) client.write('hello')
      await Promise.all(clients.map(client => client.read(5)))
      for (const client of clients) client.close()
      stage.peers.length = 0
    }
    await Promise.all(echoes.map(echo => echo.untilEvent('closed')))
    await stage.turns(1)
    stage.peers.splice(0).forEach(peer => peer.close())
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(openDescriptors()).toBeLessThanOrEqual(before + 2)
    expect(echoes.length).toBeGreaterThanOrEqual(1000)
  })

  test('can still answer a client that will send no more', async () => {
    const [recorder, peer] = await stage.pair()
    peer.socket.end('last words')
    await recorder.untilEvent('ended')
    expect(recorder.text).toBe('last words')
    await stage.turns()
    recorder.send('and an answer')
    recorder.link.end()
    expect((await peer.readAll()).toString()).toBe('and an answer')
    await recorder.untilEvent('closed')
    expect(recorder.events).toEqual(['receive', 'ended', 'closed'])
    expect(recorder.link.errno).toBe(0)
  })

  test('tells of a connection that is reset, once', async () => {
    const [recorder, peer] = await stage.pair()
    peer.socket.resetAndDestroy()
    await recorder.untilEvent('closed')
    await stage.turns()
    expect(recorder.count('closed')).toBe(1)
    expect(recorder.events.at(-1)).toBe('closed')
    expect(recorder.link.errno).toBe(constants.errno.ECONNRESET)
    recorder.send('to nobody')
    recorder.link.resume()
    recorder.link.end()
    recorder.link.destroy()
    await stage.turns()
    expect(recorder.count('closed')).toBe(1)
  })

  test('receives nothing any more once it ends a connection', async () => {
    const [recorder, peer] = await stage.pair()
    recorder.send('bye')
    recorder.link.end()
    recorder.send('never sent')
    peer.write('too late')
    expect((await peer.readAll()).toString()).toBe('bye')
    await recorder.untilEvent('closed')
    expect(recorder.length).toBe(0)
  })

  test('closes at once when told to', async () => {
    const [recorder, peer] = await stage.pair()
    recorder.link.destroy()
    expect(recorder.count('closed')).toBe(0)
    expect((await peer.readAll()).length).toBe(0)
    await recorder.untilEvent('closed')
    expect(recorder.events).toEqual(['closed'])
  })

  test('closes everything, tells every connection, and can be closed twice', async () => {
    const recorders: Recorder[] = []
    const address = await stage.listenForRecorders(recorders)
    const clients = await Promise.all(Array.from({ length: 20 }, () => stage.connect(address)))
    while (recorders.length < 20) await new Promise(setImmediate)
    recorders[0].send('last')
    await stage.transport.close()
    expect(recorders.every(recorder => recorder.count('closed') === 1)).toBe(true)
    const texts = await Promise.all(clients.map(client => client.readAll()))
    expect(Buffer.concat(texts).toString()).toBe('last')
    await expect(Peer.connect(address)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await stage.transport.close()
  })

  test('can be closed from within receive()', async () => {
    const [recorder, peer] = await stage.pair()
    let closed: Promise<void> | undefined
    recorder.receive = () => {
      recorder.send('closing')
      closed = stage.transport.close()
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
    const address = await stage.listen(link => {
      const recorder = new Recorder(link, stage.transport.output)
      recorder.receive = () => { for (const other of recorders) other.link.destroy() }
      return recorder
    }, recorders)
    const clients = await Promise.all(Array.from({ length: 50 }, () => stage.connect(address)))
    while (recorders.length < 50) await new Promise(setImmediate)
    for (const client of clients) client.write('x')
    await Promise.all(recorders.map(recorder => recorder.untilEvent('closed')))
    expect(recorders.every(recorder => recorder.events.length === 1)).toBe(true)
  })
})
