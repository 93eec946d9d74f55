import type { CreateEngine, Feature } from '@memplug/engine'
import { basics } from './checks/basics.js'
import type { Check, Context } from './checks/check.js'
import { comparing } from './checks/comparing.js'
import { counting } from './checks/counting.js'
import { expiring } from './checks/expiring.js'
import { filling } from './checks/filling.js'
import { foreseeing } from './checks/foreseeing.js'
import { holding } from './checks/holding.js'
import { accesses, changes, claims } from './checks/meta.js'
import { playing } from './checks/playing.js'
import { restarting } from './checks/restarting.js'
import { scanning } from './checks/scanning.js'
import { sharing } from './checks/sharing.js'
import { storing } from './checks/storing.js'
import { values } from './checks/values.js'
import { Kit } from './kit.js'
import type { KitOptions } from './kit.js'

const CHECKS: readonly Check[] = [
  ...basics, ...values, ...storing, ...comparing, ...expiring, ...counting, ...holding,
  ...filling, ...accesses, ...claims, ...changes, ...scanning, ...foreseeing, ...restarting,
  ...sharing, ...playing
]

/** node:test's test, jest's, vitest's, or mocha's it. */
export type Test = (name: string, run: () => Promise<void>) => unknown

/** Each may be left out. */
export interface ConformanceOptions extends KitOptions {
  /** Stands before the name of each test; else the engine's name does. */
  readonly name?: string
  /** Tests not to run: the reason, by the test's name. It is printed in the test's place. */
  readonly skip?: Readonly<Record<string, string>>
  /** For the feature 'shared': the URL or path of a module that exports createEngine. */
  readonly module?: string | URL
  /** Of the tests that draw at random; without it each run draws anew. */
  readonly seed?: number
  /** How many sequences of commands the model test plays; default 100. */
  readonly runs?: number
}

/**
 * Declares the tests that the features of an engine ask for. Each makes an engine of its own,
 * initializes it with a host whose clock only moves when the test moves it, and destroys it.
 */
export function conformance (
  test: Test, create: CreateEngine, options: ConformanceOptions = {}
): void {
  const { name, skip = {}, ...rest } = options
  const info = create().getInfo()
  const context: Context = { ...rest, create }
  const names = CHECKS.map(check => check.name)
  const unknown = Object.keys(skip).find(each => !names.includes(each))
  if (unknown !== undefined) throw new Error(`skip names no test of the kit: '${unknown}'`)
  const features = info.features.filter(each => each !== 'cas' || options.settings?.cas !== false)
  for (const check of CHECKS.filter(each => concerns(each, features))) {
    const title = `${name ?? info.name}: ${check.name}`
    const reason = skip[check.name] ?? check.skip?.(context)
    if (reason === undefined) test(title, () => run(check, context))
    else test(`${title} (skipped: ${reason})`, () => Promise.resolve())
  }
}

function concerns ({ needs = [], lacks = [] }: Check, features: readonly Feature[]): boolean {
  return needs.every(each => features.includes(each)) &&
    !lacks.some(each => features.includes(each))
}

async function run (check: Check, context: Context): Promise<void> {
  const settings = { ...check.settings, ...context.settings }
  const kit = new Kit(context.create(), { ...context, settings })
  await kit.start()
  try {
    if (kit.features.has('persistent')) await kit.flush()
    await check.run(kit, context)
  } catch (error) {
    await kit.abandon()
    throw error
  }
  await kit.stop()
}
