import type { LogLevel } from '@memplug/engine'
import type { Epoch } from '../clock.js'
import type { ServerSettings } from '../options.js'
import type { SharedServer } from '../shared.js'
import type { WatchEvent } from '../watch/outbox.js'

/** What a worker thread is started with. Survives a structured clone. */
export interface WorkerStart {
  readonly settings: Omit<ServerSettings, 'log' | 'onShutdown'>
  /** Where --engine is looked for. */
  readonly from: string
  readonly thread: number
  readonly threads: number
  readonly epoch: Epoch
  readonly shared: SharedServer
  /** What the engine of thread 0 left in host.shared. */
  readonly engineShared: unknown
  /** What stands in the file of users. */
  readonly users: string | undefined
}

export type Stat = readonly [name: string, value: string | number]

export type ToWorker =
  | { readonly type: 'adopt', readonly fd: number, readonly local: string }
  | { readonly type: 'users', readonly text: string }
  | { readonly type: 'describe', readonly request: number, readonly asker: number }
  | { readonly type: 'told', readonly request: number, readonly stats: readonly Stat[] }
  | { readonly type: 'events', readonly from: number, readonly events: readonly WatchEvent[] }
  | { readonly type: 'taken' }
  | { readonly type: 'stop' }

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'events', readonly events: readonly WatchEvent[] }
  | { readonly type: 'taken', readonly from: number }
  | { readonly type: 'shutdown', readonly graceful: boolean }
  | { readonly type: 'log', readonly level: LogLevel, readonly message: string }
  /** The process must end. */
  | { readonly type: 'torn', readonly reason: string }
  | { readonly type: 'refresh', readonly request: number }
  | { readonly type: 'ask', readonly request: number, readonly asker: number }
  | { readonly type: 'described', readonly request: number, readonly stats: readonly Stat[] }
