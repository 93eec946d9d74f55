import { Late, conformance } from '../src/index.js'
import { ReferenceEngine } from './reference-engine.js'

conformance(test, () => new ReferenceEngine())
conformance(test, () => new Late(new ReferenceEngine(), { seed: 7, failEvery: 5 }), {
  name: 'Late(reference)', runs: 20
})
