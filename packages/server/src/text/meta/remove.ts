import { Remove, Status } from '@memplug/engine'
import { Flag, metaWords, type Line } from '@memplug/protocol'
import type { Connection } from '../../connection.js'
import { Counter } from '../../counters.js'
import { Hold, type Outcome, type Task } from '../../task.js'
import { errorWord } from '../errors.js'
import { replyCode } from './reply.js'
import { readRequest } from './request.js'

/** protocol.txt, "Meta Delete": md <key> <flag>*\r\n */

const FIRST_FLAG = 2

export function metaRemove (connection: Connection, line: Line, input: Buffer): void {
  const { core, core: { task, task: { op, flags } } } = connection
  const fault = readRequest(connection, task, line, input, FIRST_FLAG)
  if (fault !== null) {
    connection.reply(fault)
    return
  }
  op.mode = (flags.has(Flag.INVALIDATE) ? Remove.STALE : 0) |
    (flags.has(Flag.EMPTY) ? Remove.EMPTY : 0)
  if (op.mode !== 0 && !core.hasMeta) {
    connection.reply(metaWords.NOT_KEPT)
    return
  }
  if (op.mode !== 0 && flags.has(Flag.EXPIRES)) op.mode |= Remove.TOUCH
  if (op.compare && !core.hasCas) {
    connection.reply(errorWord(Status.NOT_SUPPORTED))
    return
  }
  if (core.isAsync) task.keepKey()
  connection.take(task, core.guard.remove(op, 'md'), finishRemove, Hold.NEVER)
}

function finishRemove (connection: Connection, task: Task, outcome: Outcome): void {
  const { counters } = connection.core
  switch (outcome) {
    case Status.SUCCESS:
      // To mark an item is not to delete it.
      if ((task.op.mode & Remove.STALE) === 0) counters[Counter.delete_hits]++
      if (!task.flags.has(Flag.QUIET)) replyCode(connection, task, metaWords.HD)
      break
    case Status.NOT_FOUND:
      counters[Counter.delete_misses]++
      replyCode(connection, task, metaWords.NF)
      break
    case Status.EXISTS:
      counters[Counter.delete_misses]++
      replyCode(connection, task, metaWords.EX)
      break
    default: connection.reply(errorWord(outcome))
  }
}
