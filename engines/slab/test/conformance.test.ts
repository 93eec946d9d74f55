import { conformance } from '@memplug/engine-kit'
import { createEngine } from '@memplug/slab'

conformance(test, createEngine, {
  module: new URL('../dist/index.js', import.meta.url)
})

conformance(test, createEngine, { name: 'slab without cas', settings: { cas: false } })

conformance(test, createEngine, { name: 'slab of chunks of 1 KB', config: { slab_chunk_max: '1' } })

conformance(test, createEngine, { name: 'slab of two sizes', config: { slab_sizes: '1000-21000' } })
