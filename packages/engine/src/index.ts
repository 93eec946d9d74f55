/** The seam between a memcached server and the engine that stores its items. */
export { BaseEngine } from './base.js'
export { ConfigError, parse, readConfig } from './config.js'
export { API_VERSION } from './engine.js'
export type {
  AddStat, Administered, CreateEngine, Engine, EngineInfo, Feature, Foreseeing, Inspected,
  Scanner
} from './engine.js'
export type { Config, Host, LogLevel, Settings } from './host.js'
export { Arithmetic, Get, Op, Remove, State, Store } from './op.js'
export { Status } from './status.js'
export type { Answer } from './status.js'
export { Stream } from './watch.js'
export type { EvictedItem, Watch } from './watch.js'
export * as u64 from './u64.js'
