import { SharedEngine } from './engine.mjs'

/** Each thread has memory of its own. */
class ApartEngine extends SharedEngine {
  initialize (host) {
    const { settings, config, epoch } = host
    return super.initialize({ settings, config, epoch, thread: 0, now: () => host.now() })
  }
}

export const createEngine = () => new ApartEngine()
