import { spawnSync } from 'node:child_process'

/** Whether a command is on the PATH, or a file is there, by a pattern of its whole path. */
export function isInstalled (peer: string): boolean {
  const question = peer.startsWith('/') ? `ls ${peer}` : `command -v ${peer}`
  return spawnSync('sh', ['-c', question]).status === 0
}

/**
 * `describe` for tests that need commands from outside. Without them the block is skipped and
 * its name says why; with MEMPLUG_REQUIRE_PEERS=1, as CI sets it, it fails.
 */
export function describeWith (commands: string[], name: string, body: () => void): void {
  const missing = commands.filter(command => !isInstalled(command))
  if (missing.length === 0) return describe(name, body)
  const reason = `${missing.join(', ')} not installed`
  if (process.env['MEMPLUG_REQUIRE_PEERS'] === '1') {
    return test(`${name} needs its peers`, () => { throw new Error(reason) })
  }
  process.stderr.write(`skipped: ${name}: ${reason}\n`)
  describe.skip(`${name} (${reason})`, body)
}
