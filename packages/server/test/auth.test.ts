import { makeChallenge, parseAnswer, Secrets } from '../src/auth/cram-md5.js'
import { hostOf, Throttle } from '../src/auth/throttle.js'
import { parseSaslUsers, parseUsers, Users } from '../src/auth/users.js'

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')

test('users have a name and a password, and nothing is taken for both', () => {
  const users = new Users([['a', 'bc'], ['ab', 'd'], ['1', '2:x']])
  const has = (name: string, password: string) => users.has(bytes(name), bytes(password))
  expect([has('a', 'bc'), has('ab', 'd'), has('1', '2:x')]).toEqual([true, true, true])
  expect([has('ab', 'c'), has('a', 'bcd'), has('', 'abc'), has('abc', ''), has('1:2', 'x')])
    .toEqual([false, false, false, false, false])
  expect(new Users([]).has(bytes(''), bytes(''))).toBe(false)
})

test("CRAM-MD5 takes the answer of RFC 2195's example, and of nobody else", () => {
  const secrets = new Secrets([['joe', 'x'], ['tim', 'tanstaaftanstaaf'], ['tim', 'y']])
  const challenge = bytes('<1896.697170952@postoffice.reston.mci.net>')
  const answer = bytes('b913a602c7eda7a495b4e6e7334d3890')
  expect(secrets.has(bytes('tim'), challenge, answer)).toBe(true)
  for (const name of ['joe', 'ti', 'timm', '']) {
    expect(secrets.has(bytes(name), challenge, answer)).toBe(false)
  }
  expect(secrets.has(bytes('tim'), makeChallenge(), answer)).toBe(false)
  expect(new Secrets([]).has(bytes('tim'), challenge, answer)).toBe(false)
})

test("CRAM-MD5's message is a name, a blank and 32 characters", () => {
  const answer = '0'.repeat(32)
  expect(parseAnswer(bytes(`a b ${answer}`))).toEqual([bytes('a b'), bytes(answer)])
  for (const message of ['', ' ', answer, ` ${answer}`, `a ${answer}0`, `a ${answer} `, 'a']) {
    expect(parseAnswer(bytes(message))).toBe(null)
  }
})

test('a password file has a user a line', () => {
  expect(parseUsers('a:b\n\nc:d:e\r\nf:')).toEqual([['a', 'b'], ['c', 'd:e'], ['f', '']])
})

test("SASL's may have more behind a password, and hosts behind names", () => {
  expect(parseSaslUsers('a:b:c\nd@here:e\nf@there:g\n', 'here')).toEqual([
    ['a', 'b:c'], ['d@here', 'e'], ['f@there', 'g'], ['a', 'b'], ['d', 'e']
  ])
})

test('each failure doubles the wait, up to a limit, until a success or a quiet minute', () => {
  const throttle = new Throttle(Throttle.reserve(), 100, 1000)
  const waits: number[] = []
  for (let i = 0; i < 6; i++) {
    throttle.failed('a', 0)
    waits.push(throttle.waitFor('a', 0))
  }
  expect(waits).toEqual([100, 200, 400, 800, 1000, 1000])
  expect(throttle.waitFor('a', 400)).toBe(600)
  expect(throttle.waitFor('b', 0)).toBe(0)
  throttle.failed('a', 62_000)
  expect(throttle.waitFor('a', 62_000)).toBe(100)
  throttle.succeeded('a')
  expect(throttle.waitFor('a', 62_000)).toBe(0)
})

test('a throttle counts over all threads', () => {
  const shared = Throttle.reserve()
  const [one, other] = [new Throttle(shared, 100, 1000), new Throttle(shared, 100, 1000)]
  one.failed('a', 0)
  other.failed('a', 0)
  expect([one.waitFor('a', 0), other.waitFor('a', 0)]).toEqual([200, 200])
  other.succeeded('a')
  expect(one.waitFor('a', 0)).toBe(0)
})

test('a throttle remembers only so many addresses, the latest of all', () => {
  const throttle = new Throttle(Throttle.reserve(), 100, 1000)
  for (let i = 0; i < 50_000; i++) throttle.failed(`address ${i}`, i)
  const known = (i: number) => throttle.waitFor(`address ${i}`, 0) > 0
  const count = Array.from({ length: 50_000 }, (_, i) => known(i)).filter(Boolean).length
  expect(count).toBeGreaterThan(16_000)
  expect(count).toBeLessThanOrEqual(16_384)
  for (let i = 49_000; i < 50_000; i++) expect(known(i)).toBe(true)
})

test.each([
  ['tcp:10.0.0.1:4711', '10.0.0.1'],
  ['tcp6:[::ffff:10.0.0.1]:4711', '10.0.0.1'],
  ['tcp6:[2001:db8:0:1:2:3:4:5]:1', '2001:db8:0:1'],
  ['tcp6:[2001:db8::5]:1', '2001:db8:0:0'],
  ['tcp6:[::1]:1', '0:0:0:0'],
  ['tcp6:[fe80::1%eth0]:1', 'fe80:0:0:0'],
  ['unix:/tmp/s', 'unix:/tmp/s']
])('%s is of %s', (remote, host) => {
  expect(hostOf(remote)).toBe(host)
})
