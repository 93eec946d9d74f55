import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Peer } from './support/peer.js'
import { describeEpoll, kinds } from './support/transports.js'

function pathOf (program: string): string {
  return fileURLToPath(new URL(`programs/${program}.mjs`, import.meta.url))
}

/** Runs one of the programs; answers what it printed. */
async function run (program: string, ...args: string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, [pathOf(program), ...args])
  return JSON.parse(stdout) as unknown
}

test.each(kinds)('a receiver that throws loses its connection and no other: $name', async kind => {
  expect(await run('throwing', kind.name)).toEqual({
    errors: ['thrown in throw'], texts: ['<one><again>', '', '<three>'], lost: 1
  })
})

test.each(kinds)('serves in one thread what was accepted in another: $name', async kind => {
  expect(await run('handing-out', kind.name)).toEqual({ names: { a: 10, b: 10 }, accepted: 21 })
})

describeEpoll('the epoll transport', () => {
  test.each(['terminate', 'exit', 'throw'])('leaves nothing when its worker ends by %s',
    async how => { expect(await run('workers', how)).toEqual({ grown: 0 }) }, 20_000)
})

describeEpoll('the epoll transport where descriptors are few', () => {
  const DESCRIPTORS = 60
  const CLIENTS = 100
  let child: ChildProcess
  let peers: Peer[] = []

  beforeEach(() => {
    child = spawn('sh', ['-c', `ulimit -n ${DESCRIPTORS}; exec "$@"`, 'sh', process.execPath,
      pathOf('few-descriptors'), 'epoll'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  })

  afterEach(() => {
    child.kill('SIGKILL')
    for (const peer of peers) peer.close()
    peers = []
  })

  async function ask (): Promise<{ accepted: number, turns: number, warnings: string[] }> {
    child.send('?')
    const [answer] = await once(child, 'message') as [Awaited<ReturnType<typeof ask>>]
    return answer
  }

  async function connectAll (): Promise<void> {
    const [address] = await once(child, 'message') as [string]
    peers = await Promise.all(Array.from({ length: CLIENTS }, () => Peer.connect(address)))
    for (const peer of peers) peer.write('hello')
  }

  const served = (): Peer[] => peers.filter(peer => peer.length === 5)

  test('it says so once', async () => {
    await connectAll()
    while (served().length < 10 || (await ask()).warnings.length === 0) await sleep(10)
    await sleep(300)
    expect((await ask()).warnings).toEqual([
      'no connections can be accepted for the moment: too many open files'
    ])
  }, 20_000)

  test('it lets clients wait, without spinning, and serves them as others go', async () => {
    await connectAll()
    while (served().length < 10) await sleep(10)
    const before = await ask()
    await sleep(400)
    const after = await ask()
    expect(after.accepted).toBeLessThan(DESCRIPTORS)
    expect(after.turns - before.turns).toBeLessThan(100)
    while (peers.length > 0) {
      const done = served()
      for (const peer of done) peer.close()
      peers = peers.filter(peer => !done.includes(peer))
      await sleep(5)
    }
    expect((await ask()).accepted).toBe(CLIENTS)
  }, 20_000)
})
