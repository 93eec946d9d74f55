/**
 * Plays random commands to memplug and to the installed memcached, and compares the replies.
 *
 *   node scripts/differential.mjs [--commands 1000000] [--seed N] [--engine slab,malloc]
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const { values } = parseArgs({
  options: {
    commands: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    engine: { type: 'string', default: 'slab,malloc' }
  }
})

const jest = 'node_modules/jest/bin/jest.js'
const args = ['--experimental-vm-modules', jest, 'test/differential.test.ts']
const { status } = spawnSync(process.execPath, args, {
  cwd: root,
  stdio: 'inherit',
  env: {
    ...process.env,
    MEMPLUG_DIFFERENTIAL_COMMANDS: values.commands,
    MEMPLUG_DIFFERENTIAL_SEED: values.seed,
    MEMPLUG_DIFFERENTIAL_ENGINES: values.engine
  }
})
process.exitCode = status ?? 1
