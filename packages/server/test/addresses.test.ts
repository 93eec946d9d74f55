import { addressesOf, parseAddress } from '../src/addresses.js'
import { defaults } from '../src/options.js'

test.each([
  ['127.0.0.1', { host: '127.0.0.1', port: 11211 }],
  ['127.0.0.1:80', { host: '127.0.0.1', port: 80 }],
  ['localhost', { host: 'localhost', port: 11211 }],
  ['cache.example.org:65535', { host: 'cache.example.org', port: 65535 }],
  ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
  ['::1', { host: '::1', port: 11211 }],
  ['[::1]', { host: '::1', port: 11211 }],
  ['[::1]:80', { host: '::1', port: 80 }],
  ['::', { host: '::', port: 11211 }],
  ['fe80::1%eth0', { host: 'fe80::1%eth0', port: 11211 }],
  ['1:2:3:4:5:6:7:8', { host: '1:2:3:4:5:6:7:8', port: 11211 }],
  ['*', { port: 11211 }],
  ['*:80', { port: 80 }],
  [':80', { port: 80 }]
])('%s', (text, address) => {
  expect(parseAddress(text, 11211)).toEqual(address)
})

test.each([
  '', '[]', '[host]', '[]:80', 'host:', 'host:x', 'host:-1', 'host:65536', 'host:99999999999',
  'host:80:90x', '[::1', '::1]', '[::1]:', '[::1]80', '[host]:x', '[]:x', 'a b:x', '[', ']',
  'x[::1]', 'host:8 0'
])('%s is none', text => {
  expect(() => parseAddress(text, 11211)).toThrow(`'${text}' is no address to listen on`)
})

test('every host of listen gets the port, unless it has its own', () => {
  expect(addressesOf({ ...defaults, port: 5, listen: ['127.0.0.1', '[::1]:6'] }))
    .toEqual([{ host: '127.0.0.1', port: 5 }, { host: '::1', port: 6 }])
})

test('a unix socket takes the place of all of them', () => {
  expect(addressesOf({ ...defaults, socketPath: '/run/it', socketMode: 0o770 }))
    .toEqual([{ path: '/run/it', mode: 0o770 }])
})

describe('a prefix', () => {
  const tls = { cert: 'a', key: 'b' }

  test.each([
    ['notls:a:1', { host: 'a', port: 1, security: 'notls' }],
    ['mtls:[::1]', { host: '::1', port: 11211, security: 'mtls' }],
    ['btls:*:2', { port: 2, security: 'btls' }],
    ['proto[negotiating]:a', { host: 'a', port: 11211 }],
    ['notls:proto[negotiating]:tag[name]:a:1', { host: 'a', port: 1, security: 'notls' }],
    ['tag_name_:a', { host: 'a', port: 11211 }]
  ])('says what an address asks of its clients: %s', (text, address) => {
    expect(addressesOf({ ...defaults, tls, listen: [text] })).toEqual([address])
  })

  test('of TLS means nothing without it', () => {
    expect(() => addressesOf({ ...defaults, listen: ['notls:a'] }))
      .toThrow("'notls' option is valid only when SSL is enabled")
  })

  test('opens no protocol that the others keep closed', () => {
    for (const [protocol, text] of [['ascii', 'proto[binary]:a'], ['binary', 'proto[ascii]:a'],
      ['ascii', 'proto[negotiating]:a']] as const) {
      expect(() => addressesOf({ ...defaults, protocol, listen: [text] })).toThrow('protocol of -B')
    }
  })
})
