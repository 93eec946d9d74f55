import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readSasl } from '../src/access.js'

const folder = mkdtempSync(join(tmpdir(), 'memplug-access-'))
afterAll(() => { rmSync(folder, { recursive: true }) })

const withConfiguration = (text: string, environment: NodeJS.ProcessEnv = {}) => {
  writeFileSync(join(folder, 'memcached.conf'), text)
  return readSasl({ SASL_CONF_PATH: folder, ...environment })
}

describe("SASL's settings", () => {
  test('come from memcached.conf', () => {
    expect(withConfiguration('log_level: 5\nsasldb_path: /etc/my users \nmech_list: plain\n'))
      .toEqual({ saslFile: '/etc/my users', saslMechanisms: ['PLAIN'] })
    expect(withConfiguration('mech_list: plain scram-sha-1 cram-md5\r\nsasldb_path: a\r\n'))
      .toEqual({ saslFile: 'a', saslMechanisms: ['CRAM-MD5', 'PLAIN'] })
    expect(withConfiguration('sasldb_path:a')).toEqual({ saslFile: 'a' })
  })

  test('name the file of users in the environment too', () => {
    expect(readSasl({ MEMCACHED_SASL_PWDB: 'b', SASL_CONF_PATH: '/nowhere' }))
      .toEqual({ saslFile: 'b' })
    expect(withConfiguration('sasldb_path: a\nmech_list: CRAM-MD5', { MEMCACHED_SASL_PWDB: 'b' }))
      .toEqual({ saslFile: 'b', saslMechanisms: ['CRAM-MD5'] })
  })

  test.each([
    ['mech_list: gssapi\nsasldb_path: a', 'mech_list has none of CRAM-MD5 and PLAIN'],
    ['mech_list: plain', '-S needs a file of users'],
    ['sasldb_path:\nmech_list: plain', '-S needs a file of users']
  ])('%j end the start', (text, message) => {
    expect(() => withConfiguration(text)).toThrow(message)
  })
})
