import { readdirSync } from 'node:fs'
import { playMutated } from './fuzz/play.js'
import { readSeeds } from './fuzz/seeds.js'
import { residentMegabytes } from './support/memory.js'
import { engines, startServer } from './support/server.js'

/** scripts/fuzz.mjs sets these for longer runs. */
const REQUESTS = Number(process.env['MEMPLUG_FUZZ_REQUESTS'] ?? 100_000)
const SEED = Number(process.env['MEMPLUG_FUZZ_SEED'] ?? 1)
const ENGINES = process.env['MEMPLUG_FUZZ_ENGINES']?.split(',') ?? engines

const PATIENCE_MS = 10_000
/** What the log tells of a fault of the server's own, that it survived. */
const FAULT = /a connection is closed: |the engine's |has ended and is replaced|Uncaught/

test.each(ENGINES)(`%s serves a canary among ${REQUESTS} mutated requests`, async engine => {
  const server = await startServer(engine, ['-m', '64', '-t', '2'])
  const descriptors = () => readdirSync(`/proc/${server.pid}/fd`).length
  const seeds = readSeeds()
  await playMutated(server, seeds, SEED - 1, REQUESTS / 10)
  const before = { descriptors: descriptors(), memory: residentMegabytes(server.pid) }
  const { slowest, wrong } = await playMutated(server, seeds, SEED, REQUESTS)
  process.stdout.write(`${engine}: seed ${SEED}, slowest canary ${slowest.toFixed(0)} ms, memory ` +
    `${(residentMegabytes(server.pid) - before.memory).toFixed(1)} MiB more\n`)
  expect(wrong).toEqual([])
  expect(slowest).toBeLessThan(PATIENCE_MS)
  expect(server.child.exitCode).toBeNull()
  expect(server.log().split('\n').filter(line => FAULT.test(line))).toEqual([])
  expect(descriptors()).toBeLessThanOrEqual(before.descriptors + 10)
  await server.stop()
}, 120_000 + REQUESTS * 2)
