import { MallocEngine } from './engine.js'

export { MallocEngine }

export function createEngine (): MallocEngine {
  return new MallocEngine()
}

export default createEngine
