import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('./processes/garbage.mjs', import.meta.url))

// A boxed number would be 16 bytes, an object or a view 24 and more.
test.each([
  [1, 512], [2, 512], [1, 1]
])('with %i threads and chunks of %i KB no call makes garbage', (threads, kilobytes) => {
  // A space for new objects that is not cleared, which would hide garbage, within a round.
  const flags = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64']
  const printed = execFileSync(process.execPath, [...flags, script, String(threads),
    String(kilobytes)])
  const { control, ...garbage } = JSON.parse(String(printed)) as Record<string, number>
  expect(control).toBeGreaterThan(15)
  expect(Object.keys(garbage).length).toBe(11)
  for (const [name, bytes] of Object.entries(garbage)) {
    expect([name, bytes < 0.5]).toEqual([name, true])
  }
}, 60_000)
