/** Proves a storage engine right, and makes one misbehave for the tests of a server. */
export { Checked } from './checked.js'
export { conformance } from './conformance.js'
export type { ConformanceOptions, Test } from './conformance.js'
export { Late } from './late.js'
export type { LateOptions } from './late.js'
export { NullEngine } from './null-engine.js'
export { Clock, DEFAULT_SETTINGS, TestHost } from './test-host.js'
