import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/**
 * Runs a test of random input for longer than the test suite does, with another seed each time.
 * It tells how far it is, and its last line has the figures.
 *
 *   node scripts/NAME.mjs [--COUNTED N] [--seed N] [--engine slab,malloc]
 *
 * @param {string} name of the test in test/
 * @param {string} counted what it plays; its environment variable is MEMPLUG_NAME_COUNTED
 * @param {number} count how many of them if nothing else is said
 */
export function runForLong (name, counted, count) {
  const { values } = parseArgs({
    options: {
      [counted]: { type: 'string', default: String(count) },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      engine: { type: 'string', default: 'slab,malloc' }
    }
  })
  const prefix = `MEMPLUG_${name.toUpperCase()}`
  const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js']
  const { status } = spawnSync(process.execPath, [...jest, `test/${name}.test.ts`], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: 'inherit',
    env: {
      ...process.env,
      [`${prefix}_${counted.toUpperCase()}`]: values[counted],
      [`${prefix}_SEED`]: values.seed,
      [`${prefix}_ENGINES`]: values.engine
    }
  })
  process.exitCode = status ?? 1
}
