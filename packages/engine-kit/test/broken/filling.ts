import { State, Status } from '@memplug/engine'
import type { Host, Op } from '@memplug/engine'
import { ReferenceEngine } from '../reference-engine.js'
import type { Entry } from '../reference-engine.js'
import type { Broken } from './broken.js'

export const filling: Broken[] = [
  {
    fault: 'loses the room of what is released',
    foundBy: 'takes no room for good',
    Engine: class extends ReferenceEngine {
      override reclaim () {}
    }
  },
  {
    fault: 'loses the room of what store refuses',
    foundBy: 'or refused by store, takes no room for good',
    Engine: class extends ReferenceEngine {
      override store (op: Op) {
        const status = super.store(op)
        if (status !== Status.SUCCESS) (op.item as Entry).holds++
        return status
      }
    }
  },
  {
    fault: 'loses the room of what was joined',
    foundBy: 'joined or counted on takes no room for good',
    Engine: class extends ReferenceEngine {
      override join (entry: Entry, old: Entry, kind: number) {
        old.holds++
        return super.join(entry, old, kind)
      }
    }
  },
  {
    fault: 'refuses rather than evict',
    foundBy: 'a full engine evicts',
    Engine: class extends ReferenceEngine {
      override makeRoom = (need: number) => this.bytes + need <= this.host.settings.memoryLimit
    }
  },
  {
    fault: 'evicts though it was told not to',
    foundBy: 'without evictions a full engine answers NO_MEMORY',
    Engine: class extends ReferenceEngine {
      override initialize (host: Host) {
        const settings = { ...host.settings, evictions: true }
        const { config, epoch, thread, threads, shared } = host
        return super.initialize({
          settings, config, epoch, thread, threads, shared, now: () => host.now(), log () {}
        })
      }
    }
  },
  {
    fault: 'never evicts at all, limit or no limit',
    foundBy: 'a full engine evicts',
    Engine: class extends ReferenceEngine {
      override makeRoom = () => true
    }
  },
  {
    fault: 'evicts the newest',
    foundBy: 'a full engine evicts',
    Engine: class extends ReferenceEngine {
      override makeRoom (need: number) {
        if (this.bytes + need <= this.host.settings.memoryLimit) return true
        const last = [...this.entries.values()].pop()
        if (last !== undefined) this.unlink(last)
        return super.makeRoom(need)
      }
    }
  },
  {
    fault: 'evicts what is used as soon as what is not',
    foundBy: 'what is used outlives',
    Engine: class extends ReferenceEngine {
      override use (entry: Entry) {
        entry.state |= State.FETCHED
        entry.used = this.host.now()
      }
    }
  },
  {
    fault: 'takes a peek for a use',
    foundBy: 'what is used outlives',
    Engine: class extends ReferenceEngine {
      override get (op: Op) {
        const entry = this.find(op)
        if (entry !== undefined) this.use(entry)
        return super.get(op)
      }
    }
  },
  {
    fault: 'evicts what is held, and uses the room',
    foundBy: 'a held value is not evicted',
    Engine: class extends ReferenceEngine {
      override makeRoom (need: number, but?: Entry) {
        for (const entry of this.entries.values()) {
          if (this.bytes + need <= this.host.settings.memoryLimit) break
          entry.value.fill('.')
          this.unlink(entry)
        }
        return super.makeRoom(need, but)
      }
    }
  },
  {
    fault: 'leaves out the last item of a scan',
    foundBy: 'a scan tells each item: its key',
    Engine: class extends ReferenceEngine {
      override scan = (op: Op, cursor: number) => cursor === this.links ? 0 : super.scan(op, cursor)
    }
  },
  {
    fault: 'begins a scan again at the end',
    foundBy: 'a scan of keys that are bytes',
    Engine: class extends ReferenceEngine {
      override scan = (op: Op, cursor: number) => super.scan(op, cursor) || super.scan(op, 0)
    }
  },
  {
    fault: 'counts positions in a scan, which removes shift',
    foundBy: 'a scan tells each item that stays',
    Engine: class extends ReferenceEngine {
      override scan (op: Op, cursor: number) {
        const entry = [...this.entries.values()].sort((a, b) => a.number - b.number)[cursor]
        if (entry === undefined) return 0
        super.scan(op, entry.number)
        return cursor + 1
      }
    }
  }
]
