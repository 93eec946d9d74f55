import { Checked, conformance } from '@memplug/engine-kit'
import { createEngine } from '../src/index.js'

const module = new URL('../dist/index.js', import.meta.url)

conformance(test, createEngine, { module })
conformance(test, createEngine, { name: 'malloc in 2 MiB', settings: { memoryLimit: 2 << 20 } })
conformance(test, () => new Checked(createEngine()), { name: 'malloc, checked' })
