import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('garbage/serve.mjs', import.meta.url))

/** A boxed number would be 12 bytes or more, an object or a view 24 and more. */
const OWN = 2

test.each(['slab', 'malloc'])('no request to %s makes garbage', engine => {
  const flags = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64']
  const printed = execFileSync(process.execPath, [...flags, script, engine], { encoding: 'utf8' })
  const { empty, control, ...figures } = JSON.parse(printed) as Record<string, number>
  expect(control).toBeGreaterThan(24)
  expect(Object.keys(figures)).toHaveLength(21)
  for (const [name, bytes] of Object.entries(figures)) {
    expect([name, bytes - empty < OWN ? 'none' : bytes]).toEqual([name, 'none'])
  }
}, 60_000)
