import { Arithmetic, Op, Status, Store, u64 } from '@memplug/engine'
import { parseUnsigned } from '@memplug/protocol'
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
 * told and held as if the engine had done it, but by another Op, which the task gets.
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
    const { mode, compare } = op
    const part = op.value.subarray(op.valueStart, op.valueEnd)
    const status = await this.#change(task, old => {
      if (compare && !isSame(op, old)) return Status.EXISTS
      const value = old.value.subarray(old.valueStart, old.valueEnd)
      const joined = Buffer.concat(mode === Store.APPEND ? [value, part] : [part, value])
      return {
        size: joined.length, flags: old.itemFlags, expires: old.itemExpires,
        fill: (to, start) => { joined.copy(to, start) }
      }
    })
    if (status === Status.NOT_FOUND) return Status.NOT_STORED
    if (status !== Status.SUCCESS) return status
    this.#core.guard.release(op)
    task.op.mode = mode
    task.op.compare = compare
    return status
  }

  async arithmetic (task: Task): Promise<Status> {
    const { op } = task
    const { deltaLow, deltaHigh } = op
    const add = (op.mode & Arithmetic.DECREMENT) === 0
    const status = await this.#change(task, old => {
      if (op.compare && !isSame(op, old)) return Status.EXISTS
      if (!parseUnsigned(old.value, old.valueStart, old.valueEnd)) return Status.NOT_NUMERIC
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
    const { guard, hasCas, settings } = this.#core
    const compares = old !== null && hasCas && settings.cas
    const fresh = keyedOp(task)
    fresh.size = change.size
    fresh.flags = change.flags
    fresh.expires = change.expires
    const room = guard.testCapacity(fresh.keyEnd - fresh.keyStart, fresh.size)
    const allocated = room === Status.SUCCESS ? guard.allocate(fresh) : room
    if (allocated !== Status.SUCCESS) return allocated
    change.fill(fresh.value, fresh.valueStart)
    fresh.mode = old === null ? Store.ADD : compares ? Store.SET : Store.REPLACE
    if (compares) {
      fresh.compare = true
      fresh.casLow = old.itemCasLow
      fresh.casHigh = old.itemCasHigh
    }
    const status = await guard.store(fresh)
    if (status === Status.SUCCESS) tell(task, fresh)
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

function isSame (op: Op, old: Op): boolean {
  return old.itemCasLow === op.casLow && old.itemCasHigh === op.casHigh
}

/** The task's Op is from now on the one that holds the new item. */
function tell (task: Task, held: Op): void {
  held.itemFlags = held.flags
  held.itemExpires = held.expires
  held.resultLow = task.op.resultLow
  held.resultHigh = task.op.resultHigh
  task.op = held
}
