import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

test('no hot function makes garbage', () => {
  const flags = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64']
  const { stdout, stderr } = spawnSync(process.execPath,
    [...flags, join(import.meta.dirname, 'garbage.mjs')], { encoding: 'utf8' })
  expect(stderr).toBe('')
  const { control, ...bytesPerCall } = JSON.parse(stdout) as Record<string, number>
  expect(control).toBeGreaterThan(50)
  expect(Object.keys(bytesPerCall).length).toBe(8)
  expect(Object.entries(bytesPerCall).filter(([, bytes]) => bytes >= 1)).toEqual([])
})
