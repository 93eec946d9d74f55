import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Echo, Recorder, send } from './support/receivers.js'
import { BACKLOG, LOCAL, Stage } from './support/stage.js'
import { kinds } from './support/transports.js'

describe.each(kinds)('listening of the transport $name', kind => {
  const stage = new Stage()

  beforeEach(() => { stage.open(kind) })
  afterEach(() => stage.close())

  test('is called by its name', () => { expect(stage.transport.name).toBe(kind.name) })

  test('names both ends of a connection', async () => {
    const [recorder, peer] = await stage.pair()
    expect(recorder.link.local).toBe(`tcp:127.0.0.1:${peer.socket.remotePort}`)
    expect(recorder.link.remote).toBe(`tcp:127.0.0.1:${peer.socket.localPort}`)
  })

  test('says why it refuses a connection', async () => {
    const address = await stage.transport.listen(LOCAL, BACKLOG, link => {
      send(link, stage.transport.output, Buffer.from('ERROR Too many '))
      stage.transport.output.end += stage.transport.output.bytes.write('open connections\r\n',
        stage.transport.output.end)
      return null
    })
    for (let i = 0; i < 3; i++) {
      const peer = await stage.connect(address)
      peer.write('get a\r\n')
      expect((await peer.readAll()).toString()).toBe('ERROR Too many open connections\r\n')
    }
  })

  test('serves IPv6', async () => {
    const address = await stage.transport.listen({ host: '::1', port: 0 }, BACKLOG,
      link => new Echo(link, stage.transport.output))
    expect(address).toMatch(/^tcp6:\[::1\]:\d+$/)
    const peer = await stage.connect(address)
    peer.write('six')
    expect(await peer.readText(3)).toBe('six')
  })

  test('serves every address when none is named', async () => {
    const address = await stage.transport.listen({ port: 0 }, BACKLOG,
      link => new Echo(link, stage.transport.output))
    const port = /\d+$/.exec(address)![0]
    const peer = await stage.connect(`tcp:127.0.0.1:${port}`)
    peer.write('any')
    expect(await peer.readText(3)).toBe('any')
  })

  test('resolves host names', async () => {
    const address = await stage.transport.listen({ host: 'localhost', port: 0 }, BACKLOG,
      link => new Echo(link, stage.transport.output))
    expect(address).toMatch(/^tcp:127\.0\.0\.1:\d+$|^tcp6:\[::1\]:\d+$/)
  })

  describe('on a unix socket', () => {
    const folder = mkdtempSync(join(tmpdir(), 'memplug-'))
    const path = join(folder, 'socket')

    afterAll(() => { rmSync(folder, { recursive: true }) })

    test('serves, with the permissions asked for, and takes the file away', async () => {
      const recorders: Recorder[] = []
      const address = await stage.transport.listen({ path, mode: 0o640 }, BACKLOG, link => {
        recorders.push(new Echo(link, stage.transport.output))
        return recorders[0]
      })
      expect(address).toBe(`unix:${path}`)
      expect(statSync(path).mode & 0o777).toBe(0o640)
      const peer = await stage.connect(address)
      peer.write('local')
      expect(await peer.readText(5)).toBe('local')
      expect(recorders[0].link.local).toBe(`unix:${path}`)
      expect(recorders[0].link.remote).toBe(`unix:${path}`)
      await stage.transport.close()
      expect(existsSync(path)).toBe(false)
    })

    test('takes the place of a socket that was left behind', async () => {
      const stale = kind.create()
      await stale.listen({ path }, BACKLOG, () => null)
      const peer = await stage.connect(await stage.transport.listen({ path }, BACKLOG,
        link => new Echo(link, stage.transport.output)))
      peer.write('new')
      expect(await peer.readText(3)).toBe('new')
      await stale.close()
    })

    test('serves what a client had sent before it was gone', async () => {
      const recorders: Recorder[] = []
      const address = await stage.transport.listen({ path }, BACKLOG, link => {
        recorders.push(new Recorder(link, stage.transport.output))
        recorders[0].link.pause()
        return recorders[0]
      })
      const peer = await stage.connect(address)
      peer.socket.end('last words')
      peer.socket.destroySoon()
      await stage.turns(10)
      expect(recorders[0].events).toEqual([])
      recorders[0].link.resume()
      await recorders[0].untilEvent('ended')
      expect(recorders[0].text).toBe('last words')
      await stage.turns(10)
      recorders[0].link.end()
      await recorders[0].untilEvent('closed')
    })

    test.each([
      ['a missing folder', join(folder, 'none', 'socket'), 'ENOENT'],
      ['too long a path', join(folder, 'x'.repeat(120)), 'ENAMETOOLONG'],
      ['a path that is taken', folder, 'EADDRINUSE']
    ])('refuses %s', async (_, bad, code) => {
      await expect(stage.transport.listen({ path: bad }, BACKLOG, () => null)).rejects
        .toMatchObject({ code, syscall: 'listen', address: bad, port: -1 })
    })
  })

  test('tells of a port in use as Node does', async () => {
    const server = createServer()
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    await expect(stage.transport.listen({ host: '127.0.0.1', port }, BACKLOG, () => null)).rejects
      .toMatchObject({
        message: `listen EADDRINUSE: address already in use 127.0.0.1:${port}`,
        code: 'EADDRINUSE', errno: -98, syscall: 'listen', address: '127.0.0.1', port
      })
    await new Promise(resolve => server.close(resolve))
  })

  test('refuses addresses and ports that are none', async () => {
    const { transport } = stage
    await expect(transport.listen({ host: '192.0.2.1', port: 0 }, BACKLOG, () => null)).rejects
      .toMatchObject({ code: 'EADDRNOTAVAIL', syscall: 'listen', address: '192.0.2.1' })
    await expect(transport.listen({ host: '127.0.0.1', port: 65536 }, BACKLOG, () => null)).rejects
      .toMatchObject({ name: 'RangeError' })
  })
})
