import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { playMutated, type Game } from './fuzz/play.js'
import { DatagramClient } from './support/datagrams.js'
import { residentMegabytes } from './support/memory.js'
import { Progress } from './support/progress.js'
import { engines, findFreePort, startServer, type ServerProcess } from './support/server.js'

/** scripts/fuzz.mjs sets these for longer runs. */
const REQUESTS = Number(process.env['MEMPLUG_FUZZ_REQUESTS'] ?? 200_000)
const SEED = Number(process.env['MEMPLUG_FUZZ_SEED'] ?? 1)
const ENGINES = process.env['MEMPLUG_FUZZ_ENGINES']?.split(',') ?? engines

const PATIENCE_MS = 10_000
/** What the log tells of a fault of the server's own, that it survived. */
const FAULT = /a connection is closed: |the engine's |has ended and is replaced|Uncaught/
const REPEAT = `repeat it with --seed ${SEED}`
/** V8 takes some until it has settled, which a run of millions has by its middle. */
const MOST_GROWTH = 32

/** Memory from the middle of a run to its end: all that fills has been filled by then. */
class Memory {
  readonly #pid: number
  #early = 0
  #late = 0

  constructor (pid: number) {
    this.#pid = pid
  }

  look (part: number): void {
    const now = residentMegabytes(this.#pid)
    if (part < 0.5) this.#early = Math.max(this.#early, now)
    else this.#late = Math.max(this.#late, now)
  }

  get growth (): number {
    return this.#late - this.#early
  }
}

test.each(ENGINES)(`%s serves a canary among ${REQUESTS} mutated requests`, async engine => {
  const [server, udpPort] = await start(engine, [])
  const descriptors = (): number => readdirSync(`/proc/${server.pid}/fd`).length
  const before = descriptors()
  const target = { port: server.port, udpPort }
  const early = await playMutated(target, { seed: SEED - 1, requests: REQUESTS / 10 })
  expect({ wrong: early.wrong, REPEAT }).toEqual({ wrong: [], REPEAT })
  const memory = new Memory(server.pid)
  const progress = new Progress(engine, 'requests', REQUESTS)
  const game: Game = { seed: SEED, requests: REQUESTS, progress: () => watch(memory, progress) }
  const { slowest, late, wrong } = await playMutated(target, game)
  progress.end(`${REQUESTS} requests, seed ${SEED}, ${wrong.length} wrong, slowest canary ` +
    `${slowest.toFixed(0)} ms, ${late} above 100 ms, ${memory.growth.toFixed(1)} MiB more in the ` +
    `second half, ${faults(server).length} faults logged`)
  expect({ wrong, faults: faults(server), REPEAT }).toEqual({ wrong: [], faults: [], REPEAT })
  expect(slowest).toBeLessThan(PATIENCE_MS)
  expect(server.child.exitCode).toBeNull()
  // The server need not have noticed yet that the players are gone.
  for (let i = 0; i < 100 && descriptors() > before + 10; i++) await sleep(100)
  expect(descriptors()).toBeLessThanOrEqual(before + 10)
  expect(memory.growth).toBeLessThan(MOST_GROWTH)
  await isAnswered(udpPort)
  await server.stop()
}, 120_000 + REQUESTS * 2)

test('so it does when every request is logged', async () => {
  const [server, udpPort] = await start(ENGINES[0], ['-vvv'])
  const target = { port: server.port, udpPort }
  const { wrong } = await playMutated(target, { seed: SEED, requests: REQUESTS / 100 })
  expect({ wrong, faults: faults(server), REPEAT }).toEqual({ wrong: [], faults: [], REPEAT })
  await server.stop()
}, 120_000 + REQUESTS)

async function start (
  engine: string, flags: string[]
): Promise<[server: ServerProcess, udpPort: number]> {
  const udpPort = await findFreePort()
  const server = await startServer(
    engine, ['-m', '64', '-t', '2', '-U', String(udpPort), ...flags])
  return [server, udpPort]
}

function faults (server: ServerProcess): string[] {
  return server.log().split('\n').filter(line => FAULT.test(line))
}

function watch (memory: Memory, progress: Progress): (done: number) => void {
  const counter = progress.counter()
  return done => {
    counter(done)
    memory.look(progress.part)
  }
}

/** Datagrams may be lost, so it is asked until there is an answer. */
async function isAnswered (udpPort: number): Promise<void> {
  const client = await DatagramClient.bind(udpPort)
  const answered = client.receive()
  const timer = setInterval(() => client.send('version\r\n'), 50)
  expect((await answered).toString('latin1', 8)).toMatch(/^VERSION /)
  clearInterval(timer)
  client.close()
}
