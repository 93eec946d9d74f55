import type { Host } from '@memplug/engine'
import { PersistentEngine } from '../reference-engine.js'
import type { Broken } from './broken.js'

const foundBy = 'items are still there when the engine is destroyed'

export const persistent: Broken[] = [
  {
    fault: 'keeps nothing that it promised to keep',
    foundBy,
    Engine: class extends PersistentEngine {
      override empty () {
        this.entries.clear()
      }
    }
  },
  {
    fault: 'keeps items without their flags',
    foundBy,
    Engine: class extends PersistentEngine {
      override empty () {
        for (const entry of this.entries.values()) entry.flags = 0
      }
    }
  },
  {
    fault: 'keeps items without their expiry',
    foundBy,
    Engine: class extends PersistentEngine {
      override empty () {
        for (const entry of this.entries.values()) entry.expires = 0
      }
    }
  },
  {
    fault: 'keeps items with another cas',
    foundBy,
    Engine: class extends PersistentEngine {
      override initialize (host: Host) {
        for (const entry of this.entries.values()) entry.casLow++
        return super.initialize(host)
      }
    }
  }
]
