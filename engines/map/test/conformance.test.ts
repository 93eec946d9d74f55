import { Checked, Late, conformance } from '@memplug/engine-kit'
import { MapEngine, createEngine } from '../src/index.js'

conformance(test, createEngine)
conformance(test, () => new Checked(new MapEngine()), { name: 'Checked(map)' })
conformance(test, () => new Late(new MapEngine(), { failEvery: 7 }), { name: 'Late(map)' })
conformance(test, () => new Checked(new Late(new MapEngine())), { name: 'Checked(Late(map))' })
