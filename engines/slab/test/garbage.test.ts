import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('./processes/garbage.mjs', import.meta.url))

// A boxed number would be 16 bytes, an object or a view 24 and more.
test.each([1, 2])('with %i threads no call makes garbage', threads => {
  const printed = execFileSync(process.execPath, ['--expose-gc', script, String(threads)])
  const garbage = JSON.parse(String(printed)) as Record<string, number>
  expect(Object.keys(garbage).length).toBe(10)
  for (const [name, bytes] of Object.entries(garbage)) {
    expect([name, bytes < 0.5]).toEqual([name, true])
  }
}, 60_000)
