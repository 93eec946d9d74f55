import { Arithmetic, Get, Op, Status, Store, Stream, type Answer } from '@memplug/engine'
import type { Guard } from '../guard.js'
import { deleted, itemGet, itemStore, type Fetched } from './lines.js'
import type { Watchers } from './watchers.js'

const { FETCHERS, MUTATIONS, DELETIONS } = Stream

/**
 * The engine's calls while somebody watches. memcached logs a fetch whenever it looks for an
 * item, be it to store, count or delete it: here another get, which leaves no trace, looks
 * what is there before the call is made.
 */
export class WatchedCalls {
  readonly #guard: Guard
  readonly #watchers: Watchers
  readonly #now: () => number
  readonly #peeking: number

  /** `guard` makes the calls; `hasMeta`: a get can be asked not to count. */
  constructor (guard: Guard, watchers: Watchers, now: () => number, hasMeta: boolean) {
    this.#guard = guard
    this.#watchers = watchers
    this.#now = now
    this.#peeking = hasMeta ? Get.PEEK | Get.UNCOUNTED : Get.PEEK
  }

  get (op: Op): Answer {
    return this.#look(op, FETCHERS, () => this.#guard.get(op))
  }

  touch (op: Op): Answer {
    return this.#look(op, FETCHERS, () => this.#guard.touch(op))
  }

  store (op: Op): Answer {
    const cfd = this.#watchers.asker
    return this.#look(op, FETCHERS, () =>
      then(this.#guard.store(op), status => this.#stored(op, status, cfd)))
  }

  arithmetic (op: Op): Answer {
    const cfd = this.#watchers.asker
    const creates = (op.mode & Arithmetic.CREATE) !== 0
    return this.#look(op, creates ? FETCHERS | MUTATIONS : FETCHERS, old =>
      then(this.#guard.arithmetic(op), status => {
        if (!creates || old?.status === 'found' || status !== Status.SUCCESS) return status
        return this.#stored(keyed(op, Store.ADD), status, cfd)
      }))
  }

  /** `command`: what it is told to be by, or '' if it is no deletion that anybody asked for. */
  remove (op: Op, command: string): Answer {
    const deletes = command !== '' && op.mode === 0
    return this.#look(op, deletes ? FETCHERS | DELETIONS : FETCHERS, old =>
      then(this.#guard.remove(op, command), status => {
        if (deletes && old !== null && status === Status.SUCCESS) {
          this.#watchers.tell(DELETIONS, deleted(op, command, old.itemClass, old.size))
        }
        return status
      }))
  }

  /** A value that there was no room for. */
  refused (op: Op, status: Status): void {
    if (!this.#watchers.isWatched(MUTATIONS)) return
    this.#watchers.tell(MUTATIONS,
      itemStore(op, { status, ttl: 0, size: 0, itemClass: 0 }, this.#watchers.asker))
  }

  /** Goes on when it is known, and told, what is there; null if nobody wants to know. */
  #look (op: Op, streams: number, goOn: (found: Fetched | null) => Answer): Answer {
    const watchers = this.#watchers
    if (!watchers.isWatched(streams)) return goOn(null)
    // What is found concerns nobody else, and there is room for it nowhere.
    if (streams === FETCHERS && watchers.skips(FETCHERS)) return goOn(null)
    const cfd = watchers.asker
    const old = this.#peeker(op)
    return then(this.#guard.get(old), status => {
      const why = watchers.takeMissed()
      const found: Fetched = status === Status.SUCCESS
        ? { status: 'found', size: old.valueEnd - old.valueStart, itemClass: old.itemClass }
        : { status: why, size: 0, itemClass: 0 }
      if (status === Status.SUCCESS) this.#guard.release(old)
      watchers.tell(FETCHERS, itemGet(op, found, cfd))
      return goOn(found)
    })
  }

  #stored (op: Op, status: Status, cfd: number): Answer {
    const isRoomless = status === Status.TOO_LARGE || status === Status.NO_MEMORY
    const joins = (op.mode & Store.KIND) >= Store.APPEND
    // A refusal is told by the command; what the engine can't do is done in other calls.
    if (!this.#watchers.isWatched(MUTATIONS) || (isRoomless && !joins) ||
      status === Status.NOT_SUPPORTED || this.#watchers.skips(MUTATIONS)) return status
    if (status !== Status.SUCCESS) {
      const told = isRoomless ? Status.NOT_STORED : status
      this.#tellStored(op, told, cfd, op.expires, op.size, op.itemClass)
      return status
    }
    const item = this.#peeker(op)
    return then(this.#guard.get(item), found => {
      if (found !== Status.SUCCESS) this.#tellStored(op, status, cfd, op.expires, op.size, 0)
      else {
        this.#tellStored(op, status, cfd, item.itemExpires, item.valueEnd - item.valueStart,
          item.itemClass)
        this.#guard.release(item)
      }
      return status
    })
  }

  #tellStored (
    op: Op, status: Status, cfd: number, expires: number, size: number, itemClass: number
  ): void {
    const ttl = expires === 0 ? 0 : expires - this.#now()
    this.#watchers.tell(MUTATIONS, itemStore(op, { status, ttl, size, itemClass }, cfd))
  }

  /** To look for the same item with. What was missed before is no affair of this look. */
  #peeker (op: Op): Op {
    this.#watchers.takeMissed()
    return keyed(op, this.#peeking)
  }
}

function keyed (op: Op, mode: number): Op {
  const other = new Op()
  other.key = op.key
  other.keyStart = op.keyStart
  other.keyEnd = op.keyEnd
  other.mode = mode
  return other
}

/** At once, or when the promise settles. */
function then (answer: Answer, goOn: (status: Status) => Answer): Answer {
  return typeof answer === 'number' ? goOn(answer) : answer.then(goOn)
}
