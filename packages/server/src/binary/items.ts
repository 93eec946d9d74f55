import { Status } from '@memplug/engine'
import type { Connection } from '../connection.js'
import { Counter } from '../counters.js'
import { countDelete } from '../stats/detail.js'
import { Hold, type Outcome, type Task } from '../task.js'
import { putError, putSuccess, statusOf } from './reply.js'

/** Delete and DeleteQ. */
export function remove (connection: Connection, task: Task): void {
  const { core } = connection
  if (core.shared.detail) countDelete(core, task)
  connection.take(task, core.guard.remove(task.op, 'delete'), finishRemove, Hold.NEVER)
}

function finishRemove (connection: Connection, task: Task, outcome: Outcome): void {
  const { counters } = connection.core
  if (outcome === Status.SUCCESS) {
    counters[Counter.delete_hits]++
    putSuccess(connection, task, 0, 0)
    return
  }
  if (outcome === Status.NOT_FOUND) counters[Counter.delete_misses]++
  putError(connection, task, statusOf(outcome))
}
