import { Flag, isMetaLine, metaWords, words, type Line, type MetaFlags } from '@memplug/protocol'
import type { Connection } from '../../connection.js'
import type { Task } from '../../task.js'

/** What the meta commands have in common: <command> <key> <flag>*\r\n */

const KEY = 1

/**
 * Reads key and flags of a line, the latter from token `first` on, into a task. Answers what is
 * wrong with them, or null. A meta command's errors are told even where it is quiet.
 */
export function readRequest (
  { core }: Connection, task: Task, line: Line, input: Buffer, first: number
): Buffer | null {
  const { op, flags } = task
  const { clock } = core
  task.quiet = false
  if (line.count < first || !isMetaLine(line, input, first)) return words.BAD_LINE
  const fault = flags.read(line, input, first, clock.now, clock.epoch)
  if (fault !== null) return fault
  if (flags.has(Flag.BASE64)) {
    op.key = flags.key
    op.keyStart = 0
    op.keyEnd = flags.keyLength
  } else {
    op.key = input
    op.keyStart = line.starts[KEY]!
    op.keyEnd = line.ends[KEY]!
  }
  op.compare = flags.has(Flag.COMPARE)
  op.casLow = flags.compareLow
  op.casHigh = flags.compareHigh
  op.setCas = core.hasMeta && flags.has(Flag.NEW_CAS)
  op.newCasLow = flags.newCasLow
  op.newCasHigh = flags.newCasHigh
  op.expires = flags.expires
  op.createExpires = flags.createExpires
  return flags.isOpaqueTooLong ? metaWords.LONG_OPAQUE : null
}

/** Of a new item that N makes: of T and N, which memcached obeys in turn, the last one counts. */
export function expiryOfCreated (flags: MetaFlags): number {
  return flags.isBefore(Flag.CREATE, Flag.EXPIRES) ? flags.expires : flags.createExpires
}

/**
 * t before T asks for the expiry that T changes. No engine tells that when it has changed it,
 * so that it is asked for first: answers whether.
 */
export function asksBefore (flags: MetaFlags): boolean {
  return flags.isBefore(Flag.TTL, Flag.EXPIRES)
}

/** Keeps the expiry that such a question was answered with; ends its hold. */
export function keepExpiry ({ core }: Connection, task: Task, found: boolean): void {
  task.itemExpires = found ? task.op.itemExpires : 0
  if (found) core.guard.release(task.op)
}
