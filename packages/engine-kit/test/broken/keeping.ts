import { Status } from '@memplug/engine'
import type { AddStat, Host, Op } from '@memplug/engine'
import { ReferenceEngine } from '../reference-engine.js'
import type { Entry } from '../reference-engine.js'
import type { Broken } from './broken.js'

export const keeping: Broken[] = [
  {
    fault: 'reads a key as UTF-8',
    foundBy: 'a key is bytes, not text',
    Engine: class extends ReferenceEngine {
      override nameOf = (op: Op) => op.key.toString('utf8', op.keyStart, op.keyEnd)
      override unlink (entry: Entry) {
        this.entries.delete(entry.key.toString('utf8'))
        super.unlink(entry)
      }
    }
  },
  {
    fault: 'takes the whole buffer for the key',
    foundBy: 'a scan tells each item',
    Engine: class extends ReferenceEngine {
      override scan (op: Op, cursor: number) {
        const next = super.scan(op, cursor)
        op.keyEnd += next === 0 ? 0 : 1
        op.key = Buffer.concat([op.key, Buffer.from(' ')])
        return next
      }
    }
  },
  {
    fault: 'keeps the key where the server has it',
    foundBy: 'a scan tells each item',
    Engine: class extends ReferenceEngine {
      override make (op: Op, size: number) {
        const entry = super.make(op, size)
        return entry && Object.assign(entry, { key: op.key.subarray(op.keyStart, op.keyEnd) })
      }
    }
  },
  {
    fault: 'keeps a value where the item before it was',
    foundBy: 'a held value stays while its key',
    Engine: class extends ReferenceEngine {
      override link (op: Op, entry: Entry) {
        const old = this.find(op)
        if (old?.value.length === entry.value.length) entry.value.copy(old.value)
        super.link(op, entry)
      }
    }
  },
  {
    fault: 'takes an empty value for none',
    foundBy: 'a value may be empty',
    Engine: class extends ReferenceEngine {
      override get (op: Op) {
        const entry = this.find(op)
        return entry?.value.length === 0 ? Status.NOT_FOUND : super.get(op)
      }
    }
  },
  {
    fault: 'tells unsigned flags',
    foundBy: 'a value comes back byte for byte',
    Engine: class extends ReferenceEngine {
      override tell (op: Op, entry: Entry) {
        super.tell(op, entry)
        op.itemFlags >>>= 0
        return Status.SUCCESS
      }
    }
  },
  {
    fault: 'forgets to tell the expiry',
    foundBy: 'a value comes back byte for byte',
    Engine: class extends ReferenceEngine {
      override tell (op: Op, entry: Entry) {
        const { itemExpires } = op
        super.tell(op, entry)
        op.itemExpires = itemExpires
        return Status.SUCCESS
      }
    }
  },
  {
    fault: 'changes what it was asked',
    foundBy: 'a value comes back byte for byte',
    Engine: class extends ReferenceEngine {
      override get (op: Op) {
        op.keyStart += 0
        op.recache = 0
        return super.get(op)
      }
    }
  },
  {
    fault: 'tells a range outside the value',
    foundBy: 'a value comes back byte for byte',
    Engine: class extends ReferenceEngine {
      override hold (op: Op, entry: Entry) {
        super.hold(op, entry)
        op.valueEnd++
        return Status.SUCCESS
      }
    }
  },
  {
    fault: 'looks at the size when it stores',
    foundBy: 'a value comes back byte for byte',
    Engine: class extends ReferenceEngine {
      override link (op: Op, entry: Entry) {
        entry.value = entry.value.subarray(0, op.size)
        super.link(op, entry)
      }
    }
  },
  {
    fault: 'needs the key to release',
    foundBy: 'a value comes back byte for byte',
    Engine: class extends ReferenceEngine {
      override release (op: Op) {
        this.entries.get(this.nameOf(op))!.holds--
      }
    }
  },
  {
    fault: 'answers a status that get may not',
    foundBy: 'a key that was never stored',
    Engine: class extends ReferenceEngine {
      override get (op: Op) {
        return super.get(op) === Status.SUCCESS ? Status.SUCCESS : Status.NOT_STORED as Status
      }
    }
  },
  {
    fault: 'answers with a promise it did not declare',
    foundBy: 'a key that was never stored',
    Engine: class extends ReferenceEngine {
      override get (op: Op) {
        return Promise.resolve(super.get(op)) as unknown as Status
      }
    }
  },
  {
    fault: 'answers true',
    foundBy: 'a value comes back byte for byte',
    Engine: class extends ReferenceEngine {
      override store (op: Op) {
        return (super.store(op) === 0) as unknown as Status
      }
    }
  },
  {
    fault: 'keeps its items when destroyed',
    foundBy: 'items are gone when the engine is destroyed',
    Engine: class extends ReferenceEngine {
      override initialize (host: Host) {
        this.host = host
        return host.config['no-such-config'] === undefined ? Status.SUCCESS : Status.NO_MEMORY
      }
    }
  },
  {
    fault: 'takes any config',
    foundBy: 'initialize refuses a config',
    Engine: class extends ReferenceEngine {
      override initialize (host: Host) {
        return super.initialize({ ...host, config: {}, now: () => host.now() })
      }
    }
  },
  {
    fault: 'knows every group of statistics',
    foundBy: 'getStats tells names and values',
    Engine: class extends ReferenceEngine {
      override getStats = () => Status.SUCCESS
    }
  },
  {
    fault: 'tells a statistic without a value',
    foundBy: 'getStats tells names and values',
    Engine: class extends ReferenceEngine {
      override getStats (group: string, add: AddStat) {
        add('curr_items', undefined as never)
        return super.getStats(group, add)
      }
    }
  },
  {
    fault: 'forgets one item at a flush',
    foundBy: 'flush empties the store',
    Engine: class extends ReferenceEngine {
      override flush () {
        for (const entry of [...this.entries.values()].slice(1)) this.unlink(entry)
        return Status.SUCCESS
      }
    }
  },
  {
    fault: 'allocates what testCapacity refuses',
    foundBy: 'testCapacity and allocate agree',
    Engine: class extends ReferenceEngine {
      override testCapacity (key: number, value: number) {
        return super.testCapacity(key, this.isAllocating ? value - 1 : value)
      }

      isAllocating = false
      override allocate (op: Op) {
        this.isAllocating = true
        const status = super.allocate(op)
        this.isAllocating = false
        return status
      }
    }
  }
]
