import { NullEngine, conformance } from '../src/index.js'
import { broken } from './broken/index.js'

type Run = () => Promise<void>

/** The kit's tests for an engine, by their names. */
function testsFor (create: Parameters<typeof conformance>[1]): Map<string, Run> {
  const tests = new Map<string, Run>()
  conformance((name, run) => tests.set(name, run), create, { seed: 1 })
  return tests
}

async function passes (run: Run): Promise<boolean> {
  try {
    await run()
    return true
  } catch {
    return false
  }
}

test.each(broken)('an engine that $fault is found out', async ({ foundBy, Engine }) => {
  const found = [...testsFor(() => new Engine())].filter(([name]) => name.includes(foundBy))
  expect(found.length).toBeGreaterThan(0)
  const answers = await Promise.all(found.map(([, run]) => passes(run)))
  expect(answers).toContain(false)
})

const forModel = ['gives items beyond their time', 'drops the flags at an append',
  'prepends behind', 'compares only the low half of a cas', 'counts with doubles', 'goes below 0',
  'tells no result', 'counts what it has just created', 'adds over what is there',
  'takes an empty value for none', 'removes what has another cas', 'forgets one item at a flush',
  'changes the cas at a touch', 'does not move the expiry at a touch',
  'gives a replaced item its old cas']

test.each(forModel)('the model test alone finds that an engine %s', async fault => {
  const { Engine } = broken.find(each => each.fault === fault)!
  const [run] = [...testsFor(() => new Engine())]
    .filter(([name]) => name.includes('any sequence of commands')).map(([, run]) => run)
  expect(await passes(run)).toBe(false)
})

test('the null engine, which forgets everything, is no memcached', async () => {
  const tests = [...testsFor(() => new NullEngine()).values()]
  const answers = await Promise.all(tests.map(passes))
  expect(answers).toContain(false)
  expect(answers).toContain(true)
})
