import { performance } from 'node:perf_hooks'
import { Op, Status } from '@memplug/engine'
import type { Core } from './core.js'

/**
 * Milliseconds of a walk before others get their turn: no longer than what they wait for one
 * another, so that they hardly notice a dump.
 */
const SLICE = 0.1
/** Items between two looks at the time. */
const STRIDE = 16

/** Takes each item; true, or a promise of it, goes on, false ends the walk. */
export type Visit = (op: Op) => boolean | Promise<boolean>

/**
 * Tells every item of the engine, a slice at a time, so that neither requests nor the clock wait
 * for it. Answers NOT_SUPPORTED if the engine can't be walked over, else how it ended.
 */
export async function walkItems (core: Core, visit: Visit): Promise<Status> {
  const { guard, waiting } = core
  if (!guard.isScanner) return Status.NOT_SUPPORTED
  const op = new Op()
  let cursor = 0
  let told = 0
  let end = performance.now() + SLICE
  for (;;) {
    op.itemClass = op.itemSize = 0
    const answer = guard.scan(op, cursor)
    const next = typeof answer === 'number' ? answer : await answer
    if (next < 0) return Status.INTERNAL
    if (next === 0) return Status.SUCCESS
    cursor = next
    // A key of no bytes: the engine has looked for long, and found nothing yet.
    if (op.keyEnd > op.keyStart) {
      const goesOn = visit(op)
      if (!(typeof goesOn === 'boolean' ? goesOn : await goesOn)) return Status.SUCCESS
      if (++told % STRIDE !== 0) continue
    }
    if (performance.now() < end) continue
    await new Promise(resolve => setImmediate(resolve))
    if (waiting.isDraining) return Status.TEMPORARY_FAILURE
    end = performance.now() + SLICE
  }
}
