import { conformance } from '@memplug/engine-kit'
import { createEngine } from '@memplug/slab'

conformance(test, createEngine, {
  module: new URL('../dist/index.js', import.meta.url)
})
