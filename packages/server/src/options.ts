import type { Config, CreateEngine, LogLevel } from '@memplug/engine'
import type { TransportName } from '@memplug/transport'

const MEGABYTE = 1 << 20

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

  maxConnections?: number
  /** Requests of one connection that are answered before others get their turn. */
  maxRequestsPerEvent?: number
  /** Bytes of replies a connection may leave unread before it is not read any more. */
  outputLimit?: number

  /** Bytes for items. */
  memoryLimit?: number
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
  /** Worker threads. This many are told in the stats; 0 is the caller's own thread. */
  threads?: number
  /** From 2 up every request and reply line is logged. */
  verbosity?: number
  log?: Log
}

/** ServerOptions with every default filled in. */
export type ServerSettings = Required<Omit<ServerOptions, 'socketPath'>> &
  Pick<ServerOptions, 'socketPath'>

export const defaults: ServerSettings = {
  engine: 'slab',
  engineConfig: {},
  engineTimeout: 5000,
  port: 11211,
  listen: ['127.0.0.1'],
  socketMode: 0o700,
  backlog: 1024,
  transport: 'auto',
  protocol: 'auto',
  maxConnections: 1024,
  maxRequestsPerEvent: 20,
  outputLimit: MEGABYTE,
  memoryLimit: 64 * MEGABYTE,
  evictions: true,
  cas: true,
  growthFactor: 1.25,
  minItemSpace: 48,
  maxItemSize: MEGABYTE,
  maxKeySize: 250,
  flushAll: true,
  threads: 0,
  verbosity: 0,
  log: () => {}
}
