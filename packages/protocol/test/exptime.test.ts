import fc from 'fast-check'
import { expiryOf } from '../src/exptime.js'

const EPOCH = 1_700_000_000
const MONTH = 2_592_000

test.each([
  ['0 is never', 0, 0],
  ['1 is in a second', 1, 501],
  ['30 days are a duration still', MONTH, 500 + MONTH],
  ['beyond 30 days it is a Unix time, here one long past', MONTH + 1, 1],
  ['31 days, with which libmemcached asks whether a key exists', 2_678_400, 1],
  ['a Unix time before the clock began has passed', EPOCH - 1, 1],
  ['so has the one at which it began', EPOCH, 1],
  ['the Unix time of a second later', EPOCH + 1, 1],
  ['a Unix time to come', EPOCH + 1000, 1000],
  ['-1 has passed', -1, 1],
  ['the least int32 has passed', -0x80000000, 1],
  ['the greatest int32 is in 2038', 0x7fffffff, 0x7fffffff - EPOCH],
  ['the greatest uint32, of the binary protocol, is in 2106', 0xffffffff, 0x7fffffff]
])('%s', (_, exptime, expires) => {
  expect(expiryOf(exptime, 500, EPOCH)).toBe(expires)
})

test('an expiry is an int32, past or to come as the exptime says', () => {
  const now = fc.integer({ min: 2, max: 100_000_000 })
  const exptime = fc.integer({ min: -0x80000000, max: 0xffffffff })
  fc.assert(fc.property(exptime, now, (exptime, now) => {
    const expires = expiryOf(exptime, now, EPOCH)
    expect(expires).toBe(expires | 0)
    const due = exptime > MONTH ? exptime : EPOCH + now + exptime
    if (exptime !== 0) expect(expires > now).toBe(due > EPOCH + now)
    else expect(expires).toBe(0)
  }))
})
