import { resolve } from 'node:path'
import type { ServerOptions } from '@memplug/server'
import { readAccess } from './access.js'
import type { Arguments } from './arguments.js'
import { ExitCode, StartError } from './exit.js'
import { engineOf, readExtended } from './extended.js'
import { flags } from './flags.js'
import { readLimits } from './limits.js'
import { readListen } from './listen.js'
import { readStatistics } from './statistics.js'
import { readOctal, readNumber, readSize, readWhole } from './numbers.js'
import { readTls } from './tls-options.js'

const MEGABYTE = 1 << 20
const GIGABYTE = 1 << 30
const LEAST_ITEM_SIZE = 1024
/** setTimeout() takes no longer time. */
const MOST_TIMEOUT_S = 2147483

/** A command line, understood. */
export interface Settings {
  readonly server: ServerOptions
  readonly user: string | undefined
  readonly pidFile: string | undefined
  readonly isDaemon: boolean
  readonly wantsCores: boolean
  /** Lines for the operator about what was asked and will not be. */
  readonly warnings: readonly string[]
}

/** Throws a StartError with memcached's words, where it has words, and its exit code. */
export function readSettings (args: Arguments): Settings {
  const extended = readExtended(args)
  const network = readNetwork(args)
  const behaviour = readBehaviour(args)
  const server: ServerOptions = {
    ...network,
    ...readEngine(args, extended.engineConfig),
    ...readMemory(args),
    ...behaviour,
    ...readLimits(args),
    ...readStatistics(args),
    ...extended.server,
    ...readTls(args, extended.tls, network),
    ...readAccess(args, behaviour.protocol, network.udpPort ?? 0)
  }
  const vain = engineOf(args) === 'map' ? OF_SHARED_MEMORY : []
  const ignored = flags.filter(({ name, fate }) =>
    (fate === 'ignored' || vain.includes(name)) && isGiven(args, name))
    .map(({ name }) => `--${name}`).concat(extended.ignored.map(name => `-o ${name}`))
  const warnings = ignored.length === 0 ? []
    : [`ignored, without effect here: ${ignored.join(', ')}`]
  if (server.tcp === false && (server.udpPort ?? 0) === 0) {
    warnings.push('-p 0 turns TCP off and there is neither -s nor -U: nothing to listen on')
  }
  if (server.threads! > 64) warnings.push('a high number of threads is not recommended: ' +
    'set -t to the number of cores in your machine or less')
  return {
    server: args.switches.has('daemon') ? withWholePaths(server) : server,
    user: args.texts.get('user'),
    pidFile: args.texts.get('pidfile'),
    isDaemon: args.switches.has('daemon'),
    wantsCores: args.switches.has('enable-coredumps'),
    warnings
  }
}

/** Flags that mean nothing to the engine map. */
const OF_SHARED_MEMORY = ['enable-largepages', 'lock-memory']

/** Options that name files: a daemon leaves the folder that it was started in. */
const FILES = ['socketPath', 'memoryFile', 'authFile', 'saslFile'] as const

function withWholePaths (server: ServerOptions): ServerOptions {
  const whole = { ...server }
  for (const name of FILES) {
    const path = server[name]
    if (path !== undefined) whole[name] = resolve(path)
  }
  const { tls } = server
  if (tls === undefined) return whole
  const ca = tls.ca === undefined ? {} : { ca: resolve(tls.ca) }
  return { ...whole, tls: { ...tls, cert: resolve(tls.cert), key: resolve(tls.key), ...ca } }
}

function isGiven (args: Arguments, name: string): boolean {
  return args.switches.has(name) || args.texts.has(name)
}

function readNetwork (args: Arguments): ServerOptions {
  const options: ServerOptions = {}
  const port = readWhole(args, 'port', -1, 65535, ExitCode.USAGE, text =>
    `Invalid port number ${text}.`)
  const socketPath = args.texts.get('unix-socket')
  const udpPort = readWhole(args, 'udp-port', -1, 65535, ExitCode.USAGE, text =>
    `Invalid port number ${text}.`)
  if (udpPort !== undefined) options.udpPort = udpPort
  if (port === 0 && socketPath === undefined) options.tcp = false
  // memcached: a UDP port that is given alone is TCP's too.
  const either = port ?? (udpPort === 0 ? undefined : udpPort)
  if (either !== undefined) options.port = Math.max(either, 0)
  if (socketPath === '') usage('-s needs a path')
  if (socketPath !== undefined) options.socketPath = socketPath
  const mode = readOctal(args, 'unix-mask')
  if (mode !== undefined) options.socketMode = mode
  const listen = readListen(args)
  if (listen !== undefined) options.listen = listen
  const backlog = readWhole(args, 'listen-backlog', 0, 2147483647, ExitCode.USAGE)
  if (backlog !== undefined) options.backlog = backlog
  const transport = readChoice(args, 'transport', ['auto', 'net', 'epoll'], text =>
    `unknown transport '${text}': known are auto, net, epoll`)
  if (transport !== undefined) options.transport = transport
  return options
}

function readEngine (args: Arguments, extended: Record<string, string>): ServerOptions {
  const options: ServerOptions = {}
  const engine = args.texts.get('engine')
  if (engine === '') usage('--engine needs a name or a path')
  if (engine !== undefined) options.engine = engine
  const config = (args.lists.get('engine-config') ?? []).map(text => {
    const equals = text.indexOf('=')
    if (equals < 1) usage(`--engine-config takes name=value, not '${text}'`)
    return [text.slice(0, equals), text.slice(equals + 1)] as const
  })
  options.engineConfig = Object.fromEntries([...Object.entries(extended), ...config])
  const seconds = readNumber(args, 'engine-timeout', ExitCode.USAGE, value =>
    value >= 0.001 && value <= MOST_TIMEOUT_S,
  () => `--engine-timeout must be from 0.001 to ${MOST_TIMEOUT_S} seconds`)
  if (seconds !== undefined) options.engineTimeout = Math.ceil(seconds * 1000)
  return options
}

function readMemory (args: Arguments): ServerOptions {
  const options: ServerOptions = {
    evictions: !args.switches.has('disable-evictions'),
    largePages: args.switches.has('enable-largepages'),
    lockMemory: args.switches.has('lock-memory')
  }
  const megabytes = readWhole(args, 'memory-limit', 0, Number.MAX_SAFE_INTEGER / MEGABYTE,
    ExitCode.USAGE) ?? 64
  options.memoryLimit = megabytes * MEGABYTE
  const itemSize = readSize(args, 'max-item-size') ?? MEGABYTE
  if (itemSize < LEAST_ITEM_SIZE) usage('Item max size cannot be less than 1024 bytes.')
  if (itemSize > GIGABYTE) usage('Cannot set item size limit higher than a gigabyte.')
  if (itemSize > options.memoryLimit / 2) {
    usage('Cannot set item size limit higher than 1/2 of memory max.')
  }
  options.maxItemSize = itemSize
  const memoryFile = args.texts.get('memory-file')
  if (memoryFile === '') usage('-e needs a path')
  if (memoryFile !== undefined) options.memoryFile = memoryFile
  const keySize = readWhole(args, 'max-key-size', 250, 65535, ExitCode.USAGE, () =>
    '--max-key-size must be from 250 to 65535')
  if (keySize !== undefined) options.maxKeySize = keySize
  const factor = readNumber(args, 'slab-growth-factor', ExitCode.BAD_OPTION, value => value > 1,
    () => 'Factor must be greater than 1')
  if (factor !== undefined) options.growthFactor = factor
  const minimum = readWhole(args, 'slab-min-size', 1, GIGABYTE, ExitCode.BAD_OPTION, () =>
    'Chunk size must be greater than 0')
  if (minimum !== undefined) options.minItemSpace = minimum
  return options
}

function readBehaviour (args: Arguments): ServerOptions {
  const options: ServerOptions = {
    cas: !args.switches.has('disable-cas'),
    flushAll: !args.switches.has('disable-flush-all'),
    dumping: !args.switches.has('disable-dumping'),
    watching: !args.switches.has('disable-watch'),
    shutdownCommand: args.switches.has('enable-shutdown'),
    threads: readWhole(args, 'threads', 1, 65535, ExitCode.BAD_OPTION, () =>
      'Number of threads must be greater than 0') ?? 4,
    verbosity: args.verbosity
  }
  const connections = readWhole(args, 'conn-limit', 1, 2147483647, ExitCode.BAD_OPTION, () =>
    'Maximum connections must be greater than 0')
  if (connections !== undefined) options.maxConnections = connections
  const requests = readWhole(args, 'max-reqs-per-event', 1, 2147483647, ExitCode.BAD_OPTION, () =>
    'Number of requests per event must be greater than 0')
  if (requests !== undefined) options.maxRequestsPerEvent = requests
  const protocol = readChoice(args, 'protocol', ['auto', 'ascii', 'binary'], text =>
    `Invalid value for binding protocol: ${text} -- should be one of auto, binary, or ascii`)
  if (protocol !== undefined) options.protocol = protocol
  return options
}

function readChoice<T extends string> (
  args: Arguments, name: string, choices: readonly T[], complain: (text: string) => string
): T | undefined {
  const text = args.texts.get(name)
  if (text === undefined) return undefined
  return choices.find(choice => choice === text) ?? usage(complain(text))
}

function usage (message: string): never {
  throw new StartError(ExitCode.USAGE, message)
}
