import { Status, Store } from '@memplug/engine'
import type { Op } from '@memplug/engine'
import { ReferenceEngine } from '../reference-engine.js'
import type { Entry } from '../reference-engine.js'
import type { Broken } from './broken.js'

export const expiring: Broken[] = [
  {
    fault: 'gives items beyond their time',
    foundBy: 'an item is there until its time',
    Engine: class extends ReferenceEngine {
      override isGone = () => false
    }
  },
  {
    fault: 'gives items for a second too long',
    foundBy: 'an item is there until its time',
    Engine: class extends ReferenceEngine {
      override isGone = (entry: Entry) => entry.expires !== 0 && entry.expires < this.host.now()
    }
  },
  {
    fault: 'takes a negative expiry for never',
    foundBy: 'an expiry in the past',
    Engine: class extends ReferenceEngine {
      override isGone = (entry: Entry) => entry.expires > 0 && entry.expires <= this.host.now()
    }
  },
  {
    fault: 'takes the time from the system',
    foundBy: 'an item is there until its time',
    Engine: class extends ReferenceEngine {
      override isGone = (entry: Entry) =>
        entry.expires !== 0 && entry.expires + this.host.epoch <= Date.now() / 1000
    }
  },
  {
    fault: 'does not move the expiry at a touch',
    foundBy: 'touch moves the expiry',
    Engine: class extends ReferenceEngine {
      override touch (op: Op) {
        const expires = this.find(op)?.expires
        const status = super.touch(op)
        if (expires !== undefined) this.find(op)!.expires = expires
        return status
      }
    }
  },
  {
    fault: 'reads the expiry of a get that asks for none',
    foundBy: 'a value comes back byte for byte',
    Engine: class extends ReferenceEngine {
      override get (op: Op) {
        const entry = this.find(op)
        if (entry !== undefined && op.expires !== 0) entry.expires = op.expires
        return super.get(op)
      }
    }
  },
  {
    fault: 'drops the flags at an append',
    foundBy: 'APPEND and PREPEND join, and keep',
    Engine: class extends ReferenceEngine {
      override join (entry: Entry, old: Entry, kind: number) {
        const { flags } = entry
        const status = super.join(entry, old, kind)
        entry.flags = flags
        return status
      }
    }
  },
  {
    fault: 'takes the new expiry at an append',
    foundBy: 'APPEND and PREPEND join, and keep',
    Engine: class extends ReferenceEngine {
      override join (entry: Entry, old: Entry, kind: number) {
        const { expires } = entry
        const status = super.join(entry, old, kind)
        entry.expires = expires
        return status
      }
    }
  },
  {
    fault: 'prepends behind',
    foundBy: 'APPEND and PREPEND join, and keep',
    Engine: class extends ReferenceEngine {
      override join (entry: Entry, old: Entry) {
        return super.join(entry, old, Store.APPEND)
      }
    }
  },
  {
    fault: 'loses the old value when a join is too large',
    foundBy: 'a join that would be too large',
    Engine: class extends ReferenceEngine {
      override join (entry: Entry, old: Entry, kind: number) {
        const status = super.join(entry, old, kind)
        if (status !== Status.SUCCESS) this.unlink(old)
        return status
      }
    }
  }
]
