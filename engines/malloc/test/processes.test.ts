import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** What a script beside this file prints: it runs what was built, in a process of its own. */
async function run<T> (script: string, ...parameters: string[]): Promise<T> {
  const path = fileURLToPath(new URL(`./processes/${script}`, import.meta.url))
  // A space for new objects that is not cleared, which would hide garbage, within a round.
  const flags = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64']
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, path, ...parameters])
  return JSON.parse(stdout) as T
}

test('threads that race for memory tear no value, lose none, and are never refused', async () => {
  const result = await run<Record<string, number>>('race.mjs')
  expect(result).toMatchObject({ refused: 0, items: 0, active: 0 })
  expect(result.hits).toBeGreaterThan(1000)
  expect(result.evictions).toBeGreaterThan(1000)
  expect(result.windows).toBeGreaterThan(10)
}, 60_000)

test('nor while the memory that they may use grows and shrinks', async () => {
  const result = await run<Record<string, number>>('race.mjs', '8', '24', '12', '16', '9')
  expect(result).toMatchObject({ refused: 0, items: 0, active: 0 })
  expect(result.limits).toBeGreaterThan(5)
  expect(result.hits).toBeGreaterThan(1000)
}, 60_000)

test('taking and giving chunks, and evicting for them, makes no garbage', async () => {
  const { replace, set, control } = await run<Record<string, number>>('garbage.mjs')
  expect(control).toBeGreaterThan(10)
  expect(replace).toBeLessThan(1)
  expect(set).toBeLessThan(1)
}, 60_000)

interface Decayed {
  filled: number
  given: number
  early: number
  discarded: number
  resident: number
  intact: boolean
  log: string[]
}

const addon = fileURLToPath(new URL('../../../packages/arena/build/memory.node', import.meta.url))
const isBuilt = existsSync(addon) && process.platform === 'linux'
const title = (name: string) => isBuilt ? name : `${name} (skipped: the addon is not built here)`
const ifBuilt = isBuilt ? test : test.skip

ifBuilt(title('memory idle for long enough goes back to the system, and no other'), async () => {
  const result = await run<Decayed>('decay.mjs', JSON.stringify({ decay: '10' }))
  expect(result).toMatchObject({ early: 0, intact: true, log: [] })
  expect(result.filled).toBeGreaterThan(50)
  expect(result.given).toBeGreaterThan(45)
  expect(result.discarded + result.resident).toBeGreaterThan(57)
}, 60_000)

ifBuilt(title('what is reserved stays'), async () => {
  const result = await run<Decayed>('decay.mjs', JSON.stringify({ decay: '10', reserve: '20' }))
  expect(result).toMatchObject({ resident: 20, intact: true, log: [] })
  expect(result.given).toBeGreaterThan(25)
  expect(result.given).toBeLessThan(45)
}, 60_000)

test('with a decay of 0 nothing goes back', async () => {
  const result = await run<Decayed>('decay.mjs', JSON.stringify({ decay: '0' }))
  expect(result).toMatchObject({ discarded: 0, intact: true, log: [] })
}, 60_000)
