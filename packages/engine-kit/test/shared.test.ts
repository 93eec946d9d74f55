import type { CreateEngine } from '@memplug/engine'
import { conformance } from '../src/index.js'

/** The kit's tests of threads, for an engine that is a module. */
async function threadTests (name: string): Promise<Map<string, () => Promise<void>>> {
  const module = new URL(`./shared/${name}.mjs`, import.meta.url)
  const { createEngine } = await import(module.href) as { createEngine: CreateEngine }
  const tests = new Map<string, () => Promise<void>>()
  conformance((title, run) => {
    if (/thread/.test(title)) tests.set(title.replace('shared: ', ''), run)
  }, createEngine, { module })
  return tests
}

test('an engine that locks passes the tests of threads', async () => {
  const tests = await threadTests('engine')
  expect([...tests.keys()]).toEqual([
    'threads count on one key, and every count counts',
    'threads compare and store one key, and every store that succeeds counts',
    'of the threads that ADD one key exactly one wins',
    'threads join to one value, and nothing is lost',
    'threads store, get and remove a few keys, and no value is torn'
  ])
  for (const run of tests.values()) await run()
})

test.each([
  ['unlocked', 'threads count on one key, and every count counts'],
  ['unlocked', 'threads compare and store one key, and every store that succeeds counts'],
  ['apart', 'of the threads that ADD one key exactly one wins'],
  ['apart', 'threads join to one value, and nothing is lost']
])('an engine that is %s fails: %s', async (name, title) => {
  const tests = await threadTests(name)
  await expect(tests.get(title)!()).rejects.toThrow()
})

test('without a module to load, the tests of threads are skipped, and say so', async () => {
  const { createEngine } = await import('./shared/engine.mjs') as { createEngine: CreateEngine }
  const names: string[] = []
  conformance(name => names.push(name), createEngine)
  const threads = names.filter(name => name.includes('thread'))
  expect(threads.length).toBe(5)
  for (const name of threads) expect(name).toMatch(/ \(skipped: threads need options.module, /)
})
