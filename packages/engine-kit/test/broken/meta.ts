import { Get, Remove, State, Store } from '@memplug/engine'
import type { EngineInfo, Op } from '@memplug/engine'
import { ReferenceEngine } from '../reference-engine.js'
import type { Entry } from '../reference-engine.js'
import type { Broken } from './broken.js'

export const meta: Broken[] = [
  {
    fault: 'lets every VIVIFY win',
    foundBy: 'VIVIFY makes an empty item',
    Engine: class extends ReferenceEngine {
      override get (op: Op) {
        const status = super.get(op)
        if ((op.mode & Get.VIVIFY) !== 0) op.itemState |= State.WON
        return status
      }
    }
  },
  {
    fault: 'lets what VIVIFY made live for ever',
    foundBy: 'VIVIFY makes an empty item',
    Engine: class extends ReferenceEngine {
      override vivify (op: Op) {
        const status = super.vivify(op)
        op.itemExpires = this.find(op)!.expires = 0
        return status
      }
    }
  },
  {
    fault: 'wins a RECACHE of what never expires',
    foundBy: 'RECACHE is won once',
    Engine: class extends ReferenceEngine {
      override claim (op: Op, entry: Entry) {
        const { expires } = entry
        if (expires === 0) entry.expires = 1
        super.claim(op, entry)
        entry.expires = expires
      }
    }
  },
  {
    fault: 'wins a stale item again and again',
    foundBy: 'a remove with STALE keeps the item',
    Engine: class extends ReferenceEngine {
      override claim (op: Op, entry: Entry) {
        if ((entry.state & State.STALE) !== 0) entry.state &= ~State.CLAIMED
        super.claim(op, entry)
      }
    }
  },
  {
    fault: 'leaves the cas of a stale item',
    foundBy: 'a remove with STALE keeps the item',
    Engine: class extends ReferenceEngine {
      override invalidate (op: Op, entry: Entry) {
        const { casLow, casHigh } = entry
        super.invalidate(op, entry)
        Object.assign(entry, { casLow, casHigh })
      }
    }
  },
  {
    fault: 'keeps the flags of an emptied item',
    foundBy: 'a remove with STALE, EMPTY and TOUCH',
    Engine: class extends ReferenceEngine {
      override invalidate (op: Op, entry: Entry) {
        const { flags } = entry
        super.invalidate(op, entry)
        entry.flags = flags
      }
    }
  },
  {
    fault: 'removes what is to be kept stale',
    foundBy: 'a remove with STALE keeps the item',
    Engine: class extends ReferenceEngine {
      override invalidate (_op: Op, entry: Entry) {
        this.unlink(entry)
      }
    }
  },
  {
    fault: 'makes stale what is to be emptied',
    foundBy: 'a remove with STALE, EMPTY and TOUCH',
    Engine: class extends ReferenceEngine {
      override invalidate (op: Op, entry: Entry) {
        super.invalidate(op, entry)
        if ((op.mode & Remove.EMPTY) !== 0) entry.state |= State.STALE
      }
    }
  },
  {
    fault: 'compares which cas is older with a sign',
    foundBy: 'an older cas is told by all 64 bits',
    Engine: class extends ReferenceEngine {
      override isOlder = (op: Op, entry: Entry) => op.casHigh < entry.casHigh ||
        (op.casHigh === entry.casHigh && op.casLow < entry.casLow)
    }
  },
  {
    fault: 'stores with INVALIDATE whatever the cas',
    foundBy: 'a store with INVALIDATE and an older cas',
    Engine: class extends ReferenceEngine {
      override isOlder = () => true
    }
  },
  {
    fault: 'makes nothing stale',
    foundBy: 'a store with INVALIDATE and an older cas',
    Engine: class extends ReferenceEngine {
      override storeOver (op: Op, old: Entry | undefined) {
        return super.storeOver(op, old, false)
      }
    }
  },
  {
    fault: 'gives no cas it is asked to give',
    foundBy: 'setCas gives the item its cas',
    Engine: class extends ReferenceEngine {
      override setCas (op: Op, entry: Entry) {
        super.setCas({ ...op, setCas: false }, entry)
      }
    }
  },
  {
    fault: 'gives every item the cas that only some ask for',
    foundBy: 'a store tells the cas',
    Engine: class extends ReferenceEngine {
      override setCas (op: Op, entry: Entry) {
        super.setCas({ ...op, setCas: true }, entry)
      }
    }
  },
  {
    fault: 'creates with the expiry of the store',
    foundBy: 'APPEND and PREPEND with CREATE',
    Engine: class extends ReferenceEngine {
      override link (op: Op, entry: Entry) {
        const creates = (op.mode & Store.CREATE) !== 0 && this.find(op) === undefined
        if (creates) entry.expires = op.expires
        super.link(op, entry)
      }
    }
  },
  {
    fault: 'tells that it was got, of this get',
    foundBy: 'a get tells whether the item was got before',
    Engine: class extends ReferenceEngine {
      override claim (op: Op, entry: Entry) {
        super.claim(op, entry)
        op.itemState |= State.FETCHED
      }
    }
  },
  {
    fault: 'tells the time of this get',
    foundBy: 'a get tells whether the item was got before',
    Engine: class extends ReferenceEngine {
      override claim (op: Op, entry: Entry) {
        super.claim(op, entry)
        op.itemUsed = this.host.now()
      }
    }
  },
  {
    fault: 'leaves a trace of a peek',
    foundBy: 'a PEEK leaves no trace',
    Engine: class extends ReferenceEngine {
      override claim (op: Op, entry: Entry) {
        super.claim(op, entry)
        entry.used = this.host.now()
      }
    }
  },
  {
    fault: 'takes a touch for no use',
    foundBy: 'to touch and to count is a use as well',
    Engine: class extends ReferenceEngine {
      override touch (op: Op) {
        const entry = this.find(op)
        const before = entry && { used: entry.used, state: entry.state }
        const status = super.touch(op)
        if (entry !== undefined) Object.assign(entry, before)
        return status
      }
    }
  },
  {
    fault: 'declares a feature that the API does not know',
    foundBy: 'getInfo is constant',
    Engine: class extends ReferenceEngine {
      override getInfo (): EngineInfo {
        return { ...super.getInfo(), features: ['cas', 'CAS' as 'cas'] }
      }
    }
  }
]
