import { Status, Store } from '@memplug/engine'
import type { Op } from '@memplug/engine'
import { ReferenceEngine } from '../reference-engine.js'
import type { Entry } from '../reference-engine.js'
import type { Broken } from './broken.js'

export const storing: Broken[] = [
  {
    fault: 'adds over what is there',
    foundBy: 'ADD stores only what is not there',
    Engine: class extends ReferenceEngine {
      override store (op: Op) {
        const { mode } = op
        op.mode = mode === Store.ADD ? Store.SET : mode
        const status = super.store(op)
        op.mode = mode
        return status
      }
    }
  },
  {
    fault: 'removes the old item when a store is refused',
    foundBy: 'ADD stores only what is not there',
    Engine: class extends ReferenceEngine {
      override store (op: Op) {
        const status = super.store(op)
        const old = this.find(op)
        if (status !== Status.SUCCESS && old !== undefined) this.unlink(old)
        return status
      }
    }
  },
  {
    fault: 'ends the hold at a store',
    foundBy: 'a value comes back byte for byte',
    Engine: class extends ReferenceEngine {
      override store (op: Op) {
        const status = super.store(op)
        op.item = null
        return status
      }

      override release (op: Op) {
        if ((op.item as Entry).holds === 0) throw new Error('nothing is held')
        super.release(op)
      }
    }
  },
  {
    fault: 'makes items found before they are stored',
    foundBy: 'what is only allocated is not there',
    Engine: class extends ReferenceEngine {
      override allocate (op: Op) {
        const status = super.allocate(op)
        if (status === Status.SUCCESS) this.entries.set(this.nameOf(op), op.item as Entry)
        return status
      }
    }
  },
  {
    fault: 'stores into the same room twice',
    foundBy: 'rooms that are allocated at the same time',
    Engine: class extends ReferenceEngine {
      room = Buffer.alloc(100)
      override allocate (op: Op) {
        const status = super.allocate(op)
        const entry = op.item as Entry
        if (status !== Status.SUCCESS || entry.value.length > 100) return status
        op.value = entry.value = this.room.subarray(0, entry.value.length)
        return status
      }
    }
  },
  {
    fault: 'removes what has another cas',
    foundBy: 'a comparing remove heeds the cas',
    Engine: class extends ReferenceEngine {
      override remove (op: Op) {
        const entry = this.find(op)
        if (entry === undefined) return Status.NOT_FOUND
        this.unlink(entry)
        return Status.SUCCESS
      }
    }
  },
  {
    fault: 'compares only the low half of a cas',
    foundBy: 'a comparing SET stores only if',
    Engine: class extends ReferenceEngine {
      override isSame = (op: Op, entry: Entry) => op.casLow === entry.casLow
    }
  },
  {
    fault: 'takes the cas 0 for any',
    foundBy: 'a comparing SET stores only if',
    Engine: class extends ReferenceEngine {
      override isSame = (op: Op, entry: Entry) =>
        super.isSame(op, entry) || (op.casLow === 0 && op.casHigh === 0)
    }
  },
  {
    fault: 'gives a replaced item its old cas',
    foundBy: 'a store tells the cas',
    Engine: class extends ReferenceEngine {
      override setCas (_op: Op, entry: Entry) {
        entry.casLow = 1
      }
    }
  },
  {
    fault: 'tells a store another cas than a get',
    foundBy: 'a store tells the cas',
    Engine: class extends ReferenceEngine {
      override store (op: Op) {
        const status = super.store(op)
        op.itemCasLow++
        return status
      }
    }
  },
  {
    fault: 'tells the cas 0',
    foundBy: 'a value comes back byte for byte',
    Engine: class extends ReferenceEngine {
      override setCas () {}
    }
  },
  {
    fault: 'changes the cas at a touch',
    foundBy: 'touch leaves the cas as it is',
    Engine: class extends ReferenceEngine {
      override touch (op: Op) {
        const entry = this.find(op)
        if (entry !== undefined) this.setCas({ ...op, setCas: false }, entry)
        return super.touch(op)
      }
    }
  }
]
