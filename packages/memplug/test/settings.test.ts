import type { ServerOptions } from '@memplug/server'
import { parseArguments } from '../src/arguments.js'
import { ExitCode, StartError } from '../src/exit.js'
import type { Settings } from '../src/settings.js'
import { readSettings } from '../src/settings.js'

function settings (line: string): Settings {
  return readSettings(parseArguments(line === '' ? [] : line.split(' ')))
}

function refusal (line: string): StartError {
  try {
    settings(line)
  } catch (error) {
    if (error instanceof StartError) return error
  }
  throw new Error(`${line} was taken`)
}

test('without flags memcached has its way', () => {
  expect(settings('')).toEqual({
    server: {
      engineConfig: {},
      evictions: true,
      largePages: false,
      lockMemory: false,
      memoryLimit: 64 << 20,
      maxItemSize: 1 << 20,
      cas: true,
      flushAll: true,
      dumping: true,
      watching: true,
      shutdownCommand: false,
      threads: 4,
      verbosity: 0
    },
    user: undefined,
    pidFile: undefined,
    isDaemon: false,
    wantsCores: false,
    warnings: []
  })
})

describe('a flag reaches the server', () => {
  const flags: [string, ServerOptions][] = [
    ['-p 1234', { port: 1234 }],
    ['-p 1 -p 2', { port: 2 }],
    ['-p -1', { port: 0 }],
    ['-s /tmp/s', { socketPath: '/tmp/s' }],
    ['-s /tmp/s -p 0', { socketPath: '/tmp/s', port: 0 }],
    ['-a 770', { socketMode: 0o770 }],
    ['-a 0666', { socketMode: 0o666 }],
    ['-l a,b:1;c -l [::1]:2,::1', { listen: ['a', 'b:1', 'c', '[::1]:2', '::1'] }],
    ['-l [::1]', { listen: ['[::1]'] }],
    ['-U 0', { udpPort: 0 }],
    ['-U 99', { udpPort: 99, port: 99 }],
    ['-U 99 -p 98', { udpPort: 99, port: 98 }],
    ['-U -1', { udpPort: -1, port: 0 }],
    ['-p 0 -U 99', { udpPort: 99, tcp: false, port: 0 }],
    ['-Z -o ssl_chain_cert=a,ssl_key=b', { tls: { cert: 'a', key: 'b' } }],
    ['-Z -o ssl_key=b -o ssl_chain_cert=a,ssl_ca_cert=c,ssl_verify_mode=2,ssl_min_version=3,' +
      'ssl_ciphers=d,ssl_wbuf_size=64,ssl_session_cache,ssl_keyformat=1', {
      tls: {
        cert: 'a', key: 'b', ca: 'c', verifyMode: 2, minVersion: 'TLSv1.3', ciphers: 'd',
        writeBuffer: 65536, sessionCache: true
      }
    }],
    ['-Z -o ssl_chain_cert=a,ssl_key=b -l notls:a:1,mtls:[::1]:2,btls:proto[ascii]:tag[x]:c:3', {
      listen: ['notls:a:1', 'mtls:[::1]:2', 'btls:proto[ascii]:tag[x]:c:3']
    }],
    ['-Y users', { authFile: 'users', protocol: 'ascii' }],
    ['-Y users -B ascii -U 0', { authFile: 'users', protocol: 'ascii' }],
    ['-b 5', { backlog: 5 }],
    ['-B ascii', { protocol: 'ascii' }],
    ['-B binary', { protocol: 'binary' }],
    ['-B auto', { protocol: 'auto' }],
    ['-c 9', { maxConnections: 9 }],
    ['-R 7', { maxRequestsPerEvent: 7 }],
    ['-t 2', { threads: 2 }],
    ['--transport net', { transport: 'net' }],
    ['--transport epoll', { transport: 'epoll' }],
    ['--engine malloc', { engine: 'malloc' }],
    ['--engine-config a=b --engine-config c=d=e --engine-config f=',
      { engineConfig: { a: 'b', c: 'd=e', f: '' } }],
    ['--engine-config a=1 --engine-config a=2', { engineConfig: { a: '2' } }],
    ['--engine-timeout 0.25', { engineTimeout: 250 }],
    ['-m 65536', { memoryLimit: 65536 * 1048576 }],
    ['-e /run/items', { memoryFile: '/run/items' }],
    ['-M', { evictions: false }],
    ['-I 1k', { maxItemSize: 1024 }],
    ['-I 2000', { maxItemSize: 2000 }],
    ['-I 512K', { maxItemSize: 512 << 10 }],
    ['-I 32m', { maxItemSize: 32 << 20 }],
    ['-I 1024m -m 2048', { maxItemSize: 1 << 30 }],
    ['--max-key-size 65535', { maxKeySize: 65535 }],
    ['-f 2', { growthFactor: 2 }],
    ['-f 1.08', { growthFactor: 1.08 }],
    ['-n 72', { minItemSpace: 72 }],
    ['-C', { cas: false }],
    ['-F', { flushAll: false }],
    ['-X', { dumping: false }],
    ['-W', { watching: false }],
    ['-A', { shutdownCommand: true }],
    ['-o idle_timeout=7', { idleTimeout: 7 }],
    ['-o watcher_logbuf_size=8,worker_logbuf_size=16',
      { watcherLogBuffer: 8 << 10, workerLogBuffer: 16 << 10 }],
    ['-o read_buf_mem_limit=3', { bufferLimit: 3 << 20 }],
    ['--conn-limit-per-address 5', { maxConnectionsPerAddress: 5 }],
    ['--request-timeout 60', { requestTimeout: 60 }],
    ['-vv', { verbosity: 2 }],
    ['-o slab_sizes=100-200', { engineConfig: { slab_sizes: '100-200' } }],
    ['-o slab_sizes=100 --engine-config slab_sizes=200', { engineConfig: { slab_sizes: '200' } }],
    ['-o slab_automove', { engineConfig: { slab_automove: '1' } }],
    ['-o slab_automove=2,no_slab_reassign',
      { engineConfig: { slab_automove: '2', slab_reassign: 'false' } }],
    ['-o no_modern,lru_maintainer', { engineConfig: {
      slab_chunk_max: '1024', slab_reassign: 'false', slab_automove: '0', lru_segmented: 'true'
    } }],
    ['-o slab_automove_window=3,slab_automove_ratio=0.5,slab_chunk_max=16', { engineConfig: {
      slab_automove_window: '3', slab_automove_ratio: '0.5', slab_chunk_max: '16'
    } }],
    ['-o hot_lru_pct=10,warm_lru_pct=70,hot_max_factor=0.5,warm_max_factor=1.5,temporary_ttl=61', {
      engineConfig: {
        hot_lru_pct: '10',
        warm_lru_pct: '70',
        hot_max_factor: '0.5',
        warm_max_factor: '1.5',
        temporary_ttl: '61'
      }
    }]
  ]
  test.each(flags)('%s', (line, options) => {
    expect(settings(line).server).toMatchObject(options)
    expect(settings(line).warnings).toEqual([])
  })

  test('names that JavaScript knows reach the engine like any other', () => {
    const { engineConfig } = settings('--engine-config __proto__=1').server
    expect(Object.keys(engineConfig!)).toEqual(['__proto__'])
  })
})

describe('a bad value is refused with the words and the exit code of memcached', () => {
  const HALF = 'Cannot set item size limit higher than 1/2 of memory max.'
  const LOW = 'Item max size cannot be less than 1024 bytes.'
  const refused: [string, number, string][] = [
    ['-p abc', 64, "-p: 'abc' is not a number"],
    ['-p 1.5', 64, '-p: 1.5 is not a whole number'],
    ['-p 0x10', 64, "-p: '0x10' is not a number"],
    ['-p 70000', 64, 'Invalid port number 70000.'],
    ['-p -2', 64, 'Invalid port number -2.'],
    ['-Z', 64, 'ERROR: -Z needs -o ssl_chain_cert=<file> and -o ssl_key=<file>'],
    ['-Z -p 0 -o ssl_chain_cert=a,ssl_key=b', 64,
      'ERROR: You cannot enable SSL without a TCP port.'],
    ['-l mtls:a', 71, "'mtls' option is valid only when SSL is enabled"],
    ['-Z -l mtls:a:x', 71,
      'failed to listen on one of interface(s) a:x: Invalid port number: "x"'],
    ['-o ssl_keyformat=2', 1, '-o ssl_keyformat: a key is PEM, which is 1'],
    ['-U 65536', 64, 'Invalid port number 65536.'],
    ['-S -B auto', 64, 'ERROR: You cannot allow the ASCII protocol while using SASL.'],
    ['-S -B ascii', 64, 'ERROR: You cannot allow the ASCII protocol while using SASL.'],
    ['-S -B binary -B ascii', 64, 'ERROR: You cannot allow the ASCII protocol while using SASL.'],
    ['-S -U 1', 64, 'ERROR: Cannot enable UDP while using binary SASL authentication.'],
    ['-S -Y users', 64, 'ERROR: -S and -Y ask for two protocols, one too many.'],
    ['-Y users -B binary', 64, 'ERROR: You cannot allow the BINARY protocol while using ascii ' +
      'authentication tokens.'],
    ['-Y users -U 1', 64, 'Cannot use UDP with ascii authentication enabled (-U 0 to disable)'],
    ['-a 999', 64, "-a: '999' is not an octal mask, such as 770"],
    ['-l ,', 64, '-l needs an address'],
    ['-l a:b', 71, 'failed to listen on one of interface(s) a:b: Invalid port number: "b"'],
    ['-l [::1]:65536', 71,
      'failed to listen on one of interface(s) [::1]:65536: Invalid port number: "65536"'],
    ['-b -1', 64, '-b: -1 is out of range'],
    ['-B http', 64,
      'Invalid value for binding protocol: http -- should be one of auto, binary, or ascii'],
    ['-c 0', 1, 'Maximum connections must be greater than 0'],
    ['-c -1', 1, 'Maximum connections must be greater than 0'],
    ['-c abc', 1, "-c: 'abc' is not a number"],
    ['-t 0', 1, 'Number of threads must be greater than 0'],
    ['-R 0', 1, 'Number of requests per event must be greater than 0'],
    ['-m 0', 64, HALF],
    ['-m 1', 64, HALF],
    ['-m 64m', 64, "-m: '64m' is not a number"],
    ['-I 33m', 64, HALF],
    ['-I 1023', 64, LOW],
    ['-I 0', 64, LOW],
    ['-I 1025m -m 65536', 64, 'Cannot set item size limit higher than a gigabyte.'],
    ['-I 1g', 64, "-I: '1g' is not a size, such as 512k or 4m"],
    ['-f 1', 1, 'Factor must be greater than 1'],
    ['-f abc', 1, "-f: 'abc' is not a number"],
    ['-n 0', 1, 'Chunk size must be greater than 0'],
    ['--max-key-size 249', 64, '--max-key-size must be from 250 to 65535'],
    ['--max-key-size 65536', 64, '--max-key-size must be from 250 to 65535'],
    ['--engine-timeout 0', 64, '--engine-timeout must be from 0.001 to 2147483 seconds'],
    ['--engine-timeout 2147484', 64, '--engine-timeout must be from 0.001 to 2147483 seconds'],
    ['--engine-config a', 64, "--engine-config takes name=value, not 'a'"],
    ['--engine-config =a', 64, "--engine-config takes name=value, not '=a'"],
    ['--engine=', 64, '--engine needs a name or a path'],
    ['--transport udp', 64, "unknown transport 'udp': known are auto, net, epoll"],
    ['-o idle_timeout=1.5', 1, 'could not parse argument to idle_timeout'],
    ['-o nosuch', 1, 'Illegal suboption "nosuch"'],
    ['-o nosuch=3', 1, 'Illegal suboption "nosuch=3"'],
    ['-o modern,constructor', 1, 'Illegal suboption "constructor"'],
    ['-o hashpower', 1, 'Missing numeric argument for hashpower'],
    ['-o hashpower=abc', 1, 'could not parse argument to hashpower'],
    ['-o hashpower=11', 1, 'Initial hashtable multiplier of 11 is too low'],
    ['-o hashpower=33', 1, 'Initial hashtable multiplier of 33 is too high'],
    ['-o tail_repair_time=9', 1, 'Cannot set tail_repair_time to less than 10 seconds'],
    ['-o ext_path=/flash:1g', 1, '-o ext_path: extstore of memcached is not supported'],
    ['-o ext_threads=1', 1, '-o ext_threads: extstore of memcached is not supported'],
    ['-o proxy_config=a.lua', 1, '-o proxy_config: the proxy of memcached is not supported'],
    ['-o hash_algorithm', 1, 'Missing hash_algorithm argument'],
    ['-o slab_sizes', 1, 'Missing slab_sizes argument'],
    ['-o slab_chunk_max=2048', 1, 'slab_chunk_max must be from 1 to 1024 kilobytes'],
    ['-o slab_chunk_max=600', 64,
      'slab_chunk_max (bytes: 614400) must divide evenly into 1048576 (slab_page_size)'],
    ['-o slab_automove=3', 1, 'slab_automove must be between 0 and 2'],
    ['-o slab_automove_window=2', 1, 'slab_automove_window must be > 2'],
    ['-o slab_automove_ratio=2', 1, 'slab_automove_ratio must be > 0 and < 1'],
    ['-o hot_lru_pct=80', 1, 'hot_lru_pct must be > 1 and < 80'],
    ['-o warm_lru_pct=70', 1, 'hot_lru_pct + warm_lru_pct cannot be more than 80% combined'],
    ['-o temporary_ttl', 1, 'Missing numeric argument for temporary_ttl']
  ]
  test.each(refused)('%s: %i', (line, exitCode, message) => {
    expect(refusal(line)).toMatchObject({ exitCode, message })
  })
})

describe('what memcached takes and has no effect here is told in one warning', () => {
  const taken: [string, string[]][] = [
    ['-N 4 -o drop_privileges', ['--napi-ids', '-o drop_privileges']],
    ['-o drop_privileges,tail_repair_time=20 -o sock_cookie_id=5',
      ['-o drop_privileges', '-o tail_repair_time', '-o sock_cookie_id']],
    ['-o tail_repair_time=20,tail_repair_time=21', ['-o tail_repair_time']],
    ['-o slab_sizes=100 --engine malloc', ['-o slab_sizes']],
    ['-L -o no_modern --engine malloc', ['-o no_modern']],
    ['-L -k -o hashpower=20,no_hashexpand --engine map',
      ['--enable-largepages', '--lock-memory', '-o hashpower', '-o no_hashexpand']]
  ]
  test.each(taken)('%s', (line, names) => {
    expect(settings(line).warnings).toEqual([`ignored, without effect here: ${names.join(', ')}`])
  })

  test.each(['-o modern,maxconns_fast,', '-o resp_obj_mem_limit=1', '-o relaxed_privileges'])(
    '%s asks for what is done anyhow: no warning', line => {
      expect(settings(line).warnings).toEqual([])
    })
})

test('no TCP and nothing else is taken with a warning', () => {
  const { server, warnings } = settings('-p 0')
  expect(server).toMatchObject({ tcp: false })
  expect(warnings).toEqual([expect.stringContaining('nothing to listen on')])
})

test('a daemon knows its files by their whole paths', () => {
  expect(settings('-d -s socket -e items').server).toMatchObject({
    socketPath: `${process.cwd()}/socket`, memoryFile: `${process.cwd()}/items`
  })
  expect(settings('-d -Z -o ssl_chain_cert=c,ssl_key=k').server.tls).toMatchObject({
    cert: `${process.cwd()}/c`, key: `${process.cwd()}/k`
  })
})

test('more than 64 threads are taken with a warning', () => {
  expect(settings('-t 65')).toMatchObject({
    server: { threads: 65 },
    warnings: [expect.stringContaining('a high number of threads is not recommended')]
  })
})

test('the user and the pid file are for the executable itself', () => {
  expect(settings('-u nobody -P /run/m.pid -d -r')).toMatchObject({
    user: 'nobody', pidFile: '/run/m.pid', isDaemon: true, wantsCores: true
  })
})

test('exit codes are those of sysexits.h', () => {
  expect(ExitCode).toEqual({ BAD_OPTION: 1, USAGE: 64, NO_USER: 67, SOFTWARE: 70, OS: 71 })
})
