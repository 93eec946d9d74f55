import { spawnSync } from 'node:child_process'
import { parse, readConfig } from '@memplug/engine'
import type { Config, Host, Op } from '@memplug/engine'
import { conformance } from '../src/index.js'
import type { ConformanceOptions } from '../src/index.js'
import { ReferenceEngine } from './reference-engine.js'

type Run = () => Promise<void>

function testsOf (create: () => ReferenceEngine, options?: ConformanceOptions): Map<string, Run> {
  const tests = new Map<string, Run>()
  conformance((name, run) => tests.set(name, run), create, options)
  return tests
}

const make = () => new ReferenceEngine()
const REMOVE = 'remove removes, once'

test('a test that is skipped has the reason in its name, and does nothing', async () => {
  const tests = testsOf(() => {
    const engine = make()
    engine.remove = () => { throw new Error('not called') }
    return engine
  }, { skip: { [REMOVE]: 'the disk is read-only' }, name: 'mine' })
  const title = `mine: ${REMOVE} (skipped: the disk is read-only)`
  await tests.get(title)!()
  expect(tests.has(`mine: ${REMOVE}`)).toBe(false)
})

test('to skip a test that the kit does not have is an error', () => {
  expect(() => testsOf(make, { skip: { 'remove works': 'for' } }))
    .toThrow("skip names no test of the kit: 'remove works'")
})

test('a test may ask for no features that the engine does not declare', () => {
  const names = [...testsOf(() => {
    const engine = make()
    engine.getInfo = () => ({ ...ReferenceEngine.prototype.getInfo(), features: [] })
    return engine
  }).keys()].join()
  expect(names).toContain('keeps all it took')
  for (const word of ['cas', 'VIVIFY', 'scan', 'evict']) {
    expect(names.replace('does not evict', '')).not.toContain(word)
  }
})

test('with settings.cas off no test asks for a cas', async () => {
  class NoCas extends ReferenceEngine {
    override setCas (): void {}
  }
  const tests = testsOf(() => new NoCas(), { settings: { cas: false }, runs: 10 })
  expect([...tests.keys()].join()).not.toContain('compar')
  for (const run of tests.values()) await run()
})

test('settings and config reach the engine, whatever the test asked for', async () => {
  const seen: Array<[number, Config]> = []
  class Seeing extends ReferenceEngine {
    override initialize (host: Host) {
      readConfig(host.config, { color: parse.text })
      seen.push([host.settings.memoryLimit, host.config])
      return super.initialize(Object.create(host, { config: { value: {} } }) as Host)
    }
  }
  const options = { settings: { memoryLimit: 9 << 20 }, config: { color: 'red' } }
  const tests = testsOf(() => new Seeing(), { ...options, name: 'x' })
  await tests.get(`x: ${REMOVE}`)!()
  await tests.get('x: without evictions what has expired makes room')!()
  await tests.get('x: initialize refuses a config it does not know, by name')!()
  expect(new Set(seen.map(([limit]) => limit))).toEqual(new Set([9 << 20]))
  expect(seen[0][1]).toEqual({ color: 'red' })
})

test('travel moves the clock of an engine that has its own', async () => {
  let time = 0
  class OwnClock extends ReferenceEngine {
    #isGone = new Map<object, number>()
    override link (op: Op, entry: Parameters<ReferenceEngine['link']>[1]) {
      this.#isGone.set(entry, time + entry.expires - this.host.now())
      super.link(op, entry)
    }

    override isGone = (entry: Parameters<ReferenceEngine['isGone']>[0]) =>
      entry.expires !== 0 && this.#isGone.get(entry)! <= time
  }
  const title = 'x: an item is there until its time and gone from then on'
  const travel = (seconds: number) => { time += seconds }
  await testsOf(() => new OwnClock(), { name: 'x', travel }).get(title)!()
  await expect(testsOf(() => new OwnClock(), { name: 'x' }).get(title)!()).rejects.toThrow()
})

test('the same seed plays the same commands', async () => {
  const played = async (seed: number): Promise<string> => {
    let log = ''
    class Noting extends ReferenceEngine {
      override find (op: Op) {
        log += `${this.nameOf(op)}${op.mode} `
        return super.find(op)
      }
    }
    const tests = testsOf(() => new Noting(), { seed, runs: 5, name: 'x' })
    await tests.get('x: any sequence of commands comes to what it does to a dictionary')!()
    return log
  }
  expect(await played(1)).toBe(await played(1))
  expect(await played(1)).not.toBe(await played(2))
})

test('the kit runs under node:test with one line', () => {
  const text = `
    import test from 'node:test'
    import { conformance } from '@memplug/engine-kit'
    import { createEngine } from '@memplug/map'
    conformance(test, createEngine, { runs: 5 })`
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', text],
    { encoding: 'utf8', cwd: import.meta.dirname })
  expect(stdout).toMatch(/# fail 0/)
  expect(stdout).toMatch(/# pass \d\d/)
  expect(status).toBe(0)
})
