/** A memcached server for any storage engine. */
export { EngineLoadError, loadEngine } from './loader.js'
export { defaults } from './options.js'
export type { Log, SaslMechanism, ServerOptions, ServerSettings } from './options.js'
export type { TlsOptions } from './tls/options.js'
export { createServer } from './server.js'
export type { Server } from './server.js'
export { MEMCACHED_VERSION } from './version.js'
