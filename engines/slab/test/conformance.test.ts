import { conformance } from '@memplug/engine-kit'
import { createEngine } from '@memplug/slab'

conformance(test, createEngine, {
  module: new URL('../dist/index.js', import.meta.url)
})

conformance(test, createEngine, { name: 'slab without cas', settings: { cas: false } })

conformance(test, createEngine, { name: 'slab of one size', config: { slab_sizes: '2000' } })
