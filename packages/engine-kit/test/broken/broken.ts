import type { ReferenceEngine } from '../reference-engine.js'

/** One fault, and the words of a test that must find it. */
export interface Broken {
  readonly fault: string
  readonly foundBy: string
  readonly Engine: new () => ReferenceEngine
}
