import type { Config, CreateEngine, LogLevel } from '@memplug/engine'
import type { TransportName } from '@memplug/transport'
import type { TlsOptions } from './tls/options.js'

const KILOBYTE = 1 << 10
const MEGABYTE = 1 << 20

export type SaslMechanism = 'CRAM-MD5' | 'PLAIN'

export type Log = (level: LogLevel, message: string, cause?: unknown) => void

/** What createServer() takes. Every field may be left out. */
export interface ServerOptions {
  /** A built-in engine's name, a path or package to import, or a function that makes one. */
  engine?: string | CreateEngine
  /** Reaches the engine as host.config, which checks it. */
  engineConfig?: Config
  /** Ends a request's wait for an engine's promise, in milliseconds. */
  engineTimeout?: number

  /** TCP port; 0 takes a free one. Every address of `listen` without a port gets it. */
  port?: number
  /** False: no TCP port, as where all comes over UDP. */
  tcp?: boolean
  /** UDP port, on the hosts of `listen`; 0 is none, -1 takes a free one. */
  udpPort?: number
  /** Bytes of a reply over UDP; what would be longer is an error. */
  udpReplyLimit?: number
  /** Bytes of replies over UDP that one address gets in a second. */
  udpReplyRate?: number
  /** Hosts, or host:port and [v6]:port. */
  listen?: readonly string[]
  /** Path of a unix socket to listen on in place of TCP. */
  socketPath?: string
  /** Permission bits of that socket. */
  socketMode?: number
  /** Connections that may wait to be accepted. */
  backlog?: number
  /** epoll is Linux and the native addon; auto takes it where it is, else net. */
  transport?: TransportName
  protocol?: 'auto' | 'ascii' | 'binary'

  /** TLS on every address of `listen`, but for those with the prefix `notls:`. */
  tls?: TlsOptions
  /** File of users, lines 'user:password', who log in over the text protocol, and it alone. */
  authFile?: string
  /** The same for SASL over the binary protocol. It may come later. */
  saslFile?: string
  /** What SASL's users may log in with. */
  saslMechanisms?: readonly SaslMechanism[]
  /** After a failed login the next one from that address waits so many milliseconds, */
  authDelay?: number
  /** then twice as many, up to these. */
  authMaxDelay?: number

  maxConnections?: number
  /** Requests of one connection that are answered before others get their turn. */
  maxRequestsPerEvent?: number
  /** Bytes of replies a connection may leave unread before it is not read any more. */
  outputLimit?: number
  /** Connections from one address; 0 is any number. */
  maxConnectionsPerAddress?: number
  /** Seconds after which a TCP connection that asks nothing is closed; 0 is never. */
  idleTimeout?: number
  /** Seconds that a request may take to arrive before its connection is closed; 0 is any. */
  requestTimeout?: number
  /** Bytes for the buffers of all connections; 0 is any number. */
  bufferLimit?: number
  /** Bytes of log lines that wait for one watcher, and for watchers on other threads. */
  watcherLogBuffer?: number
  workerLogBuffer?: number

  /** Bytes for items. */
  memoryLimit?: number
  /** Where close({ save: true }) saves the items, and the next start finds them. */
  memoryFile?: string
  /** False: a full engine refuses to store rather than evict. */
  evictions?: boolean
  cas?: boolean
  growthFactor?: number
  /** Bytes for key, value and flags in the smallest slab chunk. */
  minItemSpace?: number
  /** Bytes of the largest item. */
  maxItemSize?: number
  /** Bytes; above 250 it concerns the binary protocol only. */
  maxKeySize?: number

  /** False: flush_all is refused. */
  flushAll?: boolean
  /** False: whatever lists keys is refused: stats cachedump and detail, metadump, mgdump. */
  dumping?: boolean
  /** False: watch is refused. */
  watching?: boolean
  /** True: the command shutdown is obeyed. */
  shutdownCommand?: boolean
  /** What the command shutdown does; without it the server closes. */
  onShutdown?: (graceful: boolean) => void
  /** False: expired items stay until somebody asks for them, or for their room. */
  lruCrawler?: boolean
  /** Microseconds that the crawler rests after so many items, as memcached's does. */
  lruCrawlerSleep?: number
  /** Items that one crawl looks at in a list; 0 is all. */
  lruCrawlerToCrawl?: number
  /** log2 of the hash table's buckets at first, from 12; 0 is the engine's own number. */
  hashPower?: number
  /** False: it does not grow. */
  hashExpand?: boolean
  /** The items' memory is to be in large pages, or is not to be swapped out. */
  largePages?: boolean
  lockMemory?: boolean
  /** `stats sizes` tells how many items there are of each size. */
  trackSizes?: boolean
  /** What ends the prefix of a key, for `stats detail`; one byte. */
  prefixDelimiter?: string
  /** Counts by prefix from the start. */
  detail?: boolean
  /** debugtime and debugitem are obeyed: for test suites alone. */
  debugCommands?: boolean
  /** Worker threads. This many are told in the stats; 0 is the caller's own thread. */
  threads?: number
  /** From 2 up every request and reply line is logged. */
  verbosity?: number
  log?: Log
}

type WithoutDefault = 'socketPath' | 'onShutdown' | 'memoryFile' | 'tls' | 'authFile' | 'saslFile'

/** ServerOptions with every default filled in. */
export type ServerSettings = Required<Omit<ServerOptions, WithoutDefault>> &
  Pick<ServerOptions, WithoutDefault>

export const defaults: ServerSettings = {
  engine: 'slab',
  engineConfig: {},
  engineTimeout: 5000,
  port: 11211,
  tcp: true,
  udpPort: 0,
  udpReplyLimit: 65536,
  udpReplyRate: 16 * MEGABYTE,
  listen: ['127.0.0.1'],
  socketMode: 0o700,
  backlog: 1024,
  transport: 'auto',
  protocol: 'auto',
  saslMechanisms: ['CRAM-MD5', 'PLAIN'],
  authDelay: 100,
  authMaxDelay: 5000,
  maxConnections: 1024,
  maxRequestsPerEvent: 20,
  outputLimit: MEGABYTE,
  maxConnectionsPerAddress: 0,
  idleTimeout: 0,
  requestTimeout: 0,
  bufferLimit: 0,
  watcherLogBuffer: 256 * KILOBYTE,
  workerLogBuffer: 64 * KILOBYTE,
  memoryLimit: 64 * MEGABYTE,
  evictions: true,
  cas: true,
  growthFactor: 1.25,
  minItemSpace: 48,
  maxItemSize: MEGABYTE,
  maxKeySize: 250,
  flushAll: true,
  dumping: true,
  watching: true,
  shutdownCommand: false,
  lruCrawler: true,
  lruCrawlerSleep: 100,
  lruCrawlerToCrawl: 0,
  hashPower: 0,
  hashExpand: true,
  largePages: false,
  lockMemory: false,
  trackSizes: false,
  prefixDelimiter: ':',
  detail: false,
  debugCommands: false,
  threads: 0,
  verbosity: 0,
  log: () => {}
}
