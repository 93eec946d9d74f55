/**
 * Plays mutated requests to memplug, and sees that others are served as if there were none.
 *
 *   node scripts/fuzz.mjs [--requests 10000000] [--seed N] [--engine slab,malloc]
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '10000000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    engine: { type: 'string', default: 'slab,malloc' }
  }
})

const jest = 'node_modules/jest/bin/jest.js'
const args = ['--experimental-vm-modules', jest, 'test/fuzz.test.ts']
const { status } = spawnSync(process.execPath, args, {
  cwd: root,
  stdio: 'inherit',
  env: {
    ...process.env,
    MEMPLUG_FUZZ_REQUESTS: values.requests,
    MEMPLUG_FUZZ_SEED: values.seed,
    MEMPLUG_FUZZ_ENGINES: values.engine
  }
})
process.exitCode = status ?? 1
