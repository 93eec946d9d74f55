import type { Topic } from './differential/batches.js'
import { differences, type Difference } from './differential/differences.js'
import { playRandom, type Outcome } from './differential/play.js'
import { Side } from './differential/side.js'
import { describeWith } from './support/peer.js'
import { Progress } from './support/progress.js'
import {
  engines, findFreePort, isSubstitute, startMemcached, startServer, transports
} from './support/server.js'

/** scripts/differential.mjs sets these for longer runs. */
const COMMANDS = Number(process.env['MEMPLUG_DIFFERENTIAL_COMMANDS'] ?? 200_000)
const SEED = Number(process.env['MEMPLUG_DIFFERENTIAL_SEED'] ?? 1)
const ENGINES = process.env['MEMPLUG_DIFFERENTIAL_ENGINES']?.split(',') ?? engines

interface Lane {
  readonly topic: Topic
  /** How much of the commands. */
  readonly share: number
}

/** Pairs of servers at once, so that no processor waits for another. */
const LANES: readonly Lane[] = [
  { topic: 'items', share: 0.3 }, { topic: 'items', share: 0.3 }, { topic: 'items', share: 0.3 },
  { topic: 'administration', share: 0.1 }
]
/** The second transport, and workers, have fewer commands to pass. */
const FEWER = COMMANDS / 20
const RUNS = [
  ...ENGINES.map(engine => ({ engine, commands: COMMANDS, flags: [], lanes: LANES })),
  ...(isSubstitute ? [] : transports).map(transport => ({
    engine: 'slab',
    commands: FEWER,
    flags: ['--transport', transport, '-t', '4'],
    lanes: [{ topic: 'items' as const, share: 1 }]
  }))
]

/** Equal work for both: one thread, and memory that never fills. */
const FLAGS = ['-t', '1', '-m', '1024']
/** Its own threads hold items now and then, which changes how a counter is stored. */
const QUIET = ['-o', 'no_lru_maintainer,no_lru_crawler']

describeWith(['memcached'], 'side by side with memcached', () => {
  test.each(RUNS)('$engine $flags gives the same replies to $commands commands', async run => {
    const { engine, commands, flags, lanes } = run
    const progress = new Progress(`${engine} ${flags.join(' ')}`, 'commands', commands)
    const outcomes = await Promise.all(lanes.map((lane, i) =>
      playLane(engine, flags, lane, SEED * lanes.length + i, commands * lane.share, progress)))
    const played = outcomes.reduce((sum, outcome) => sum + outcome.commands, 0)
    const failures = outcomes.flatMap(outcome => outcome.failures)
    report(outcomes)
    const strays = outcomes.reduce((sum, outcome) => sum + outcome.strays, 0)
    progress.end(`${played} commands, seed ${SEED}, ${failures.length} undocumented differences, ` +
      `${strays} minus signs found where there are none`)
    expect(`seed ${SEED}\n${failures.join('\n')}`).toBe(`seed ${SEED}\n`)
  }, 120_000 + COMMANDS * 5)
})

async function playLane (
  engine: string, flags: string[], { topic }: Lane, seed: number, commands: number,
  progress: Progress
): Promise<Outcome> {
  const slabs = engine !== 'malloc'
  const alike = [...FLAGS, ...(topic === 'items' || !slabs ? QUIET : [])]
  const [ourUdp, theirUdp] = [await findFreePort(), await findFreePort()]
  const [server, memcached] = await Promise.all([
    startServer(engine, [...alike, '-U', String(ourUdp), ...flags]),
    startMemcached([...alike, '-U', String(theirUdp)])
  ])
  const sides = [
    new Side({ port: server.port, udpPort: ourUdp, slabs, numbersParts: false }),
    new Side({ port: memcached.port, udpPort: theirUdp, slabs, numbersParts: true })
  ] as const
  const counter = progress.counter()
  const outcome = await playRandom(...sides, { seed, commands, topic, progress: counter })
  sides.forEach(side => side.close())
  expect(server.child.exitCode).toBeNull()
  await Promise.all([server.stop(), memcached.stop()])
  return outcome
}

function report (outcomes: readonly Outcome[]): void {
  const met = new Map<Difference, number>()
  for (const [entry, times] of outcomes.flatMap(outcome => [...outcome.met])) {
    met.set(entry, (met.get(entry) ?? 0) + times)
  }
  const unmet = differences.filter(entry => !met.has(entry)).map(entry => entry.reason)
  const told = [...met].reduce((sum, [, times]) => sum + times, 0)
  process.stdout.write(`${told} documented differences met\n`)
  if (unmet.length > 0) process.stdout.write(`never met: ${unmet.join('; ')}\n`)
}
