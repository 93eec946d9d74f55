import { Status } from '@memplug/engine'
import type { Core } from '../core.js'
import type { Outcome, Task } from '../task.js'

/** What ends a line, or a word, in a key of the binary protocol. */
const UNPRINTABLE = /[^!-~\x80-\xff]/g

/**
 * `stats detail dump`: a line for each prefix. What was not counted apart comes last, under a
 * name with the delimiter behind it, as no prefix has one.
 */
export function detailLines ({ shared, settings }: Core): string[] {
  const lines: string[] = []
  shared.prefixes.forEach((prefix, [gets, hits, sets, deletes]) => {
    const name = prefix?.toString('latin1').replace(UNPRINTABLE, '_') ??
      `other${settings.prefixDelimiter}`
    lines.push(`PREFIX ${name} get ${gets} hit ${hits} set ${sets} del ${deletes}\r\n`)
  })
  return lines
}

/** A get or gat of one key, in either protocol. */
export function countGet ({ shared: { prefixes } }: Core, { op }: Task, outcome: Outcome): void {
  prefixes.countGet(op.key, op.keyStart, op.keyEnd, outcome === Status.SUCCESS)
}

/** A store whose line, or frame, is as it should be. */
export function countSet ({ shared: { prefixes } }: Core, { op }: Task): void {
  prefixes.countSet(op.key, op.keyStart, op.keyEnd)
}

export function countDelete ({ shared: { prefixes } }: Core, { op }: Task): void {
  prefixes.countDelete(op.key, op.keyStart, op.keyEnd)
}
