import { Status } from '@memplug/engine'
import { errorBody, WireStatus } from '../src/binary/errors.js'
import { words } from '../src/text/words.js'

test.each([
  [Status.NOT_FOUND, 'Not found'],
  [Status.EXISTS, 'Data exists for key.'],
  [Status.TOO_LARGE, 'Too large.'],
  [Status.INVALID, 'Invalid arguments'],
  [Status.NOT_STORED, 'Not stored.'],
  [Status.NOT_NUMERIC, 'Non-numeric server-side value for incr or decr'],
  [WireStatus.AUTH_ERROR, 'Auth failure.'],
  [WireStatus.UNKNOWN_COMMAND, 'Unknown command'],
  [Status.NO_MEMORY, 'Out of memory']
])('status %i has the body that memcached gives it', (status, text) => {
  expect(errorBody(status).toString()).toBe(text)
})

test('every status has a body', () => {
  for (const status of [...Object.values(Status), 0x87, -1, 0xffff, NaN]) {
    expect(errorBody(status).length).toBeGreaterThan(0)
    expect(errorBody(status).length).toBeLessThanOrEqual(64)
  }
})

test('a word of the text protocol is one line', () => {
  const { VALUE, ...lines } = words
  expect(VALUE.toString()).toBe('VALUE ')
  for (const line of Object.values(lines)) expect(line.toString()).toMatch(/^[^\r\n]*\r\n$/)
})
