import { RawClient } from './support/client.js'
import { engines, isSubstitute, startServer } from './support/server.js'

/** Asks one after the other, so that the server answers each on its own. */
async function getMany (client: RawClient, keys: readonly string[]): Promise<void> {
  for (let i = 0; i < keys.length; i += 500) {
    const some = keys.slice(i, i + 500)
    client.send(some.map(key => `get ${key}\r\n`).join(''))
    await client.untilSize(some.length * 'END\r\n'.length)
  }
}

async function statsOf (client: RawClient): Promise<Record<string, number>> {
  client.send('stats\r\n')
  await client.until(() => client.peek().toString('latin1').endsWith('END\r\n'))
  const lines = client.take().toString('latin1').split('\r\n')
  return Object.fromEntries(lines.map(line => line.split(' ').slice(1)).map(
    ([name, value]) => [name, Number(value)]))
}

async function watch (port: number, streams: string): Promise<RawClient> {
  const watcher = await RawClient.connect(port)
  watcher.send(`watch ${streams}\n`)
  expect((await watcher.untilSize(4)).toString()).toBe('OK\r\n')
  return watcher
}

const each = isSubstitute ? describe.skip.each(engines) : describe.each(engines)

each('watch, over %s', engine => {
  test('who leaves is named, though he came before anybody watched', async () => {
    const server = await startServer(engine, ['-t', '2'])
    const clients = await Promise.all(Array.from({ length: 8 }, () =>
      RawClient.connect(server.port)))
    for (const client of clients) await statsOf(client)
    const watcher = await watch(server.port, 'connevents')
    const ends = () => watcher.peek().toString('latin1').match(/type=conn_close .*\n/g) ?? []
    for (const client of clients) client.socket.resetAndDestroy()
    await watcher.until(() => ends().length === clients.length)
    for (const line of ends()) {
      expect(line).toMatch(/ rip=127\.0\.0\.1 rport=\d+ transport=tcp reason=error /)
    }
    const errors = watcher.take().toString('latin1').match(/type=connerr .*\n/g)
    expect(errors).toHaveLength(clients.length)
    for (const line of errors!) {
      expect(line).toMatch(/^type=connerr fd=\d+ msg=Connection reset by peer\n$/)
    }
    // Who is gone before a worker has him may have no name, but did not come by a unix socket.
    for (let i = 0; i < 40; i++) (await RawClient.connect(server.port)).socket.resetAndDestroy()
    await watcher.until(() => ends().length === 40)
    for (const line of ends()) expect(line).toMatch(/ rip=\S+ rport=\d+ transport=tcp /)
    watcher.close()
    expect(await server.stop()).toBe(0)
  })

  test('events of all workers reach a watcher on any, in order for each', async () => {
    const server = await startServer(engine, ['-t', '4', '-o', 'worker_logbuf_size=4096'])
    const watchers = []
    for (let i = 0; i < 4; i++) watchers.push(await watch(server.port, 'mutations'))
    const clients = await Promise.all(Array.from({ length: 8 }, () =>
      RawClient.connect(server.port)))
    const sets = 50
    await Promise.all(clients.map(async (client, n) => {
      for (let i = 0; i < sets; i++) {
        client.send(`set c${n}-${i} 0 0 1\r\nx\r\n`)
        await client.untilSize('STORED\r\n'.length)
      }
    }))
    for (const watcher of watchers) {
      await watcher.until(() =>
        watcher.peek().toString('latin1').split('\n').length > sets * clients.length)
      const lines = watcher.take().toString('latin1').split('\n').slice(0, -1)
      expect(lines.length).toBe(sets * clients.length)
      const of = (n: number) => lines.filter(line => line.includes(` key=c${n}-`))
      for (const n of clients.keys()) {
        expect(of(n).map(line => / key=(\S+)/.exec(line)![1]))
          .toEqual(Array.from({ length: sets }, (_, i) => `c${n}-${i}`))
        const gids = of(n).map(line => Number(/gid=(\d+)/.exec(line)![1]))
        expect(gids).toEqual([...gids].sort((a, b) => a - b))
        expect(new Set(of(n).map(line => / cfd=(\d+)/.exec(line)![1])).size).toBe(1)
      }
    }
    expect(await statsOf(clients[0])).toMatchObject({
      log_watchers: 4, log_worker_dropped: 0, log_watcher_skipped: 0,
      log_watcher_sent: 4 * sets * clients.length
    })
    for (const watcher of watchers) watcher.close()
    expect(await server.stop()).toBe(0)
  })

  test('a watcher that never reads costs its buffer and nothing else', async () => {
    const server = await startServer(engine, ['-t', '1', '-o', 'watcher_logbuf_size=64'])
    const watcher = await watch(server.port, 'fetchers')
    watcher.socket.pause()
    const client = await RawClient.connect(server.port)
    const gets = 100_000
    const key = 'k'.repeat(200)
    await getMany(client, Array.from({ length: gets }, (_, i) => `${key}${i}`))
    const told = await statsOf(client)
    expect(told['log_watcher_sent'] + told['log_watcher_skipped']).toBe(gets)
    expect(told['log_watcher_skipped']).toBeGreaterThan(0)
    watcher.socket.resume()
    const lineEnds = () => watcher.peek().toString('latin1').split('\n').length - 1
    await watcher.until(() => lineEnds() >= told['log_watcher_sent'])
    await getMany(client, ['last'])
    await watcher.until(() => watcher.peek().toString('latin1').endsWith(' size=0\n') &&
      watcher.peek().includes('key=last'))
    const lines = watcher.take().toString('latin1').split('\n').slice(0, -1)
    const skipped = lines.filter(line => line.startsWith('skipped='))
      .reduce((sum, line) => sum + Number(line.slice('skipped='.length)), 0)
    expect(lines.filter(line => line.startsWith('ts=')).length + skipped).toBe(gets + 1)
    expect(skipped).toBe(told['log_watcher_skipped'])
    expect(await server.stop()).toBe(0)
  })
})
