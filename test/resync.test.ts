import { playErrors } from './resync/play.js'
import { Progress } from './support/progress.js'
import { engines, isSubstitute, startServer, transports } from './support/server.js'

/** scripts/resync.mjs sets these for longer runs. */
const ERRORS = Number(process.env['MEMPLUG_RESYNC_ERRORS'] ?? 30_000)
const SEED = Number(process.env['MEMPLUG_RESYNC_SEED'] ?? 1)
const ENGINES = process.env['MEMPLUG_RESYNC_ENGINES']?.split(',') ?? engines

const LANES = 3
/** The other transports have fewer to pass. */
const RUNS = [
  ...ENGINES.map(engine => ({ engine, errors: ERRORS, flags: [] as string[] })),
  ...transports.map(transport =>
    ({ engine: 'slab', errors: ERRORS / 10, flags: ['--transport', transport, '-t', '4'] }))
]
/** memcached loses replies behind some errors. */
const testOurs = isSubstitute ? test.skip : test

testOurs.each(RUNS)('$engine $flags: behind $errors errors comes the right answer, or the end',
  async ({ engine, errors, flags }) => {
    const servers = await Promise.all(
      Array.from({ length: LANES }, () => startServer(engine, ['-t', '1', '-m', '64', ...flags])))
    const progress = new Progress(`${engine} ${flags.join(' ')}`, 'errors', errors)
    const outcomes = await Promise.all(servers.map(({ port }, i) =>
      playErrors(port, SEED * LANES + i, errors / LANES, progress.counter())))
    const sum = (tell: (outcome: typeof outcomes[0]) => number): number =>
      outcomes.reduce((all, outcome) => all + tell(outcome), 0)
    const shifted = outcomes.flatMap(outcome => outcome.shifted)
    progress.end(`${sum(({ errors }) => errors)} errors, seed ${SEED}, ` +
      `${shifted.length} shifted, ${sum(({ closed }) => closed)} connections closed`)
    expect({ seed: SEED, shifted }).toEqual({ seed: SEED, shifted: [] })
    for (const server of servers) expect(await server.stop()).toBe(0)
  }, 120_000 + ERRORS * 2)
