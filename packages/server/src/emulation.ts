import { Arithmetic, Op, Status, Store, u64 } from '@memplug/engine'
import type { Core } from './core.js'
import type { Task } from './task.js'

/** Tries at a comparing store before somebody else's turn is taken for a failure. */
const MOST_TRIES = 1000

/** The joined, touched or counted item: how its value is made from the old one's. */
interface Change {
  size: number
  flags: number
  expires: number
  fill (value: Buffer, start: number): void
}

/**
 * What an engine answered NOT_SUPPORTED to, done by get and a comparing store. The outcome is
 * told in the task's Op, and held, as if the engine had done it.
 */
export class Emulation {
  readonly #core: Core

  constructor (core: Core) { this.#core = core }

  touch (task: Task): Promise<Status> {
    const { op } = task
    return this.#change(task, old => ({
      size: old.valueEnd - old.valueStart,
      flags: old.itemFlags,
      expires: op.expires,
      fill: (value, start) => { old.value.copy(value, start, old.valueStart, old.valueEnd) }
    }))
  }

  /** append and prepend. The task's Op holds the part to be joined. */
  async join (task: Task): Promise<Status> {
    const { op } = task
    const part = Buffer.from(op.value.subarray(op.valueStart, op.valueEnd))
    const { mode, compare, casLow, casHigh } = op
    const before = { item: op.item, value: op.value, start: op.valueStart, end: op.valueEnd }
    const added = new Op()
    const status = await this.#change(task, old => {
      if (compare && !(old.itemCasLow === casLow && old.itemCasHigh === casHigh)) {
        return Status.EXISTS
      }
      const value = old.value.subarray(old.valueStart, old.valueEnd)
      const joined = Buffer.concat(mode === Store.APPEND ? [value, part] : [part, value])
      return {
        size: joined.length, flags: old.itemFlags, expires: old.itemExpires,
        fill: (to, start) => { joined.copy(to, start) }
      }
    })
    if (status !== Status.SUCCESS) {
      return status === Status.NOT_FOUND ? Status.NOT_STORED : status
    }
    // The hold is now the joined item's: the part's own ends here.
    added.item = before.item
    added.value = before.value
    added.valueStart = before.start
    added.valueEnd = before.end
    this.#core.guard.release(added)
    return status
  }

  async arithmetic (task: Task): Promise<Status> {
    const { op } = task
    const { deltaLow, deltaHigh } = op
    const add = (op.mode & Arithmetic.DECREMENT) === 0
    const status = await this.#change(task, old => {
      if (op.compare && !(old.itemCasLow === op.casLow && old.itemCasHigh === op.casHigh)) {
        return Status.EXISTS
      }
      const text = old.value.toString('latin1', old.valueStart, old.valueEnd).trimEnd()
      const bytes = Buffer.from(text, 'latin1')
      if (!u64.parse(bytes, 0, bytes.length)) return Status.NOT_NUMERIC
      if (add) u64.add(u64.low, u64.high, deltaLow, deltaHigh)
      else u64.subtract(u64.low, u64.high, deltaLow, deltaHigh)
      op.resultLow = u64.low
      op.resultHigh = u64.high
      return numberItem(op, old.itemFlags, old.itemExpires)
    })
    if (status !== Status.NOT_FOUND || (op.mode & Arithmetic.CREATE) === 0) return status
    op.resultLow = op.initialLow
    op.resultHigh = op.initialHigh
    const created = await this.#store(task, null, numberItem(op, 0, op.createExpires))
    return created === Status.NOT_STORED ? await this.arithmetic(task) : created
  }

  async #change (task: Task, make: (old: Op) => Change | Status): Promise<Status> {
    const { guard } = this.#core
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const old = keyedOp(task)
      const found = await guard.get(old)
      if (found !== Status.SUCCESS) return found
      const change = make(old)
      const status = typeof change === 'number' ? change : await this.#store(task, old, change)
      guard.release(old)
      const isLost = status === Status.NOT_FOUND || status === Status.NOT_STORED ||
        (status === Status.EXISTS && typeof change !== 'number')
      if (!isLost) return status
    }
    return Status.TEMPORARY_FAILURE
  }

  /** In place of `old`, if that is still there; where there was none, if there still is none. */
  async #store (task: Task, old: Op | null, change: Change): Promise<Status> {
    const { guard, hasCas } = this.#core
    const fresh = keyedOp(task)
    fresh.size = change.size
    fresh.flags = change.flags
    fresh.expires = change.expires
    const room = guard.testCapacity(fresh.keyEnd - fresh.keyStart, fresh.size)
    const allocated = room === Status.SUCCESS ? guard.allocate(fresh) : room
    if (allocated !== Status.SUCCESS) return allocated
    change.fill(fresh.value, fresh.valueStart)
    fresh.mode = old === null ? Store.ADD : hasCas ? Store.SET : Store.REPLACE
    if (old !== null && hasCas) {
      fresh.compare = true
      fresh.casLow = old.itemCasLow
      fresh.casHigh = old.itemCasHigh
    }
    const status = await guard.store(fresh)
    if (status === Status.SUCCESS) tell(task.op, fresh)
    else guard.release(fresh)
    return status
  }
}

function keyedOp (task: Task): Op {
  task.keepKey()
  const op = new Op()
  op.key = task.op.key
  op.keyStart = task.op.keyStart
  op.keyEnd = task.op.keyEnd
  return op
}

function numberItem (op: Op, flags: number, expires: number): Change {
  const { resultLow, resultHigh } = op
  const size = u64.countDigits(resultLow, resultHigh)
  return {
    size, flags, expires,
    fill: (value, start) => { u64.print(value, start + size, resultLow, resultHigh) }
  }
}

/** The item that `from` holds is now held by `op`. */
function tell (op: Op, from: Op): void {
  op.item = from.item
  op.value = from.value
  op.valueStart = from.valueStart
  op.valueEnd = from.valueEnd
  op.itemFlags = from.flags
  op.itemExpires = from.expires
  op.itemCasLow = from.itemCasLow
  op.itemCasHigh = from.itemCasHigh
}
