import { Late, conformance } from '../src/index.js'
import { PersistentEngine, ReferenceEngine } from './reference-engine.js'

conformance(test, () => new ReferenceEngine())
const kept = new PersistentEngine()
conformance(test, () => kept, { name: 'persistent', runs: 20 })
conformance(test, () => new Late(new ReferenceEngine(), { seed: 7, failEvery: 5 }), {
  name: 'Late(reference)', runs: 20
})
