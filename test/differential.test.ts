import { differences } from './differential/differences.js'
import { playRandom } from './differential/play.js'
import { Side } from './differential/side.js'
import { describeWith } from './support/peer.js'
import {
  engines, isSubstitute, startMemcached, startServer, transports, type ServerProcess
} from './support/server.js'

/** scripts/differential.mjs sets these for longer runs. */
const COMMANDS = Number(process.env['MEMPLUG_DIFFERENTIAL_COMMANDS'] ?? 50_000)
const SEED = Number(process.env['MEMPLUG_DIFFERENTIAL_SEED'] ?? 1)
const ENGINES = process.env['MEMPLUG_DIFFERENTIAL_ENGINES']?.split(',') ?? engines

/** The second transport, and workers, have fewer commands to pass. */
const FEWER = COMMANDS / 5
const RUNS = [
  ...ENGINES.map(engine => ({ engine, commands: COMMANDS, flags: [] })),
  ...(isSubstitute ? [] : transports).map(transport =>
    ({ engine: 'slab', commands: FEWER, flags: ['--transport', transport, '-t', '4'] }))
]

/** Equal work for both: one thread, and memory that never fills. */
const FLAGS = ['-t', '1', '-m', '1024']
/** Its own threads hold items now and then, which changes how a counter is stored. */
const QUIET = ['-o', 'no_lru_maintainer,no_lru_crawler']

describeWith(['memcached'], 'side by side with memcached', () => {
  let memcached: ServerProcess
  beforeAll(async () => { memcached = await startMemcached([...FLAGS, ...QUIET]) })
  afterAll(() => memcached.stop())

  test.each(RUNS)('$engine $flags gives the same replies to $commands commands', async run => {
    const { engine, commands, flags } = run
    const own = isSubstitute ? [...FLAGS, ...QUIET] : [...FLAGS, ...flags]
    const server = await startServer(engine, own)
    const sides = [new Side(server.port), new Side(memcached.port)] as const
    await sides[1].play([{ protocol: 'text', bytes: 'flush_all\r\n' }])
    const { failures, met } = await playRandom(...sides, SEED, commands)
    sides.forEach(side => side.close())
    expect(server.child.exitCode).toBeNull()
    await server.stop()
    report(engine, met)
    expect(`seed ${SEED}\n${failures.join('\n')}`).toBe(`seed ${SEED}\n`)
  }, 60_000 + COMMANDS * 5)
})

function report (engine: string, met: Map<object, number>): void {
  const unmet = differences.filter(entry => !met.has(entry)).map(entry => entry.reason)
  const told = [...met].reduce((sum, [, times]) => sum + times, 0)
  process.stdout.write(`${engine}: seed ${SEED}, ${told} documented differences met\n`)
  if (unmet.length > 0) process.stdout.write(`never met: ${unmet.join('; ')}\n`)
}
