import { run, type Measured } from '../scripts/proofs/index.mjs'
import { describeWith } from './support/peer.js'
import { transports } from './support/server.js'

/** The proofs of scripts/proofs.mjs at a small size. */

async function prove (name: string, given: object): Promise<void> {
  const rows = await run(name, { small: true, ...given })
  const broken = rows.filter(row => !row.holds)
    .map(({ what, measured, bound }: Measured) => `${what}: ${measured}, bound ${bound}`)
  expect(broken).toEqual([])
  expect(rows.length).toBeGreaterThan(0)
}

describe.each(transports)('over %s, with four workers', transport => {
  test.each([
    'idle', 'churn', 'reader', 'multiget', 'incr', 'cas', 'dump', 'stop'
  ])('%s', async name => {
    await prove(name, { transport, threads: 4 })
  }, 120_000)
})

test('auth', async () => {
  await prove('auth', { threads: 4 })
}, 120_000)

describeWith(['openssl'], 'with certificates', () => {
  test('tls', async () => {
    await prove('tls', { threads: 4 })
  }, 120_000)
})

describeWith(['cc'], 'under load', () => {
  test.each([1, 4])('memory, with threads: %d', async threads => {
    await prove('memory', { threads })
  }, 120_000)
})
