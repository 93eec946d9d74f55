import { Status } from '@memplug/engine'
import type { Connection } from '../connection.js'
import { detailLines } from '../stats/detail.js'
import { Hold, type Task } from '../task.js'
import { putError, putPacket, putSuccess, statusOf } from './reply.js'

/** Bytes of `stats detail dump`, which is one packet, as far as a packet can have them. */
const MOST_DETAIL = 1 << 16

/** One packet per statistic, and one without a key at the end. */
export function stat (connection: Connection, task: Task): void {
  const { core } = connection
  const { op } = task
  const group = op.key.toString('latin1', op.keyStart, op.keyEnd)
  if (/^detail( |$)/.test(group)) {
    detail(connection, task, group.slice('detail '.length))
    return
  }
  const told: [string, string][] = []
  const answer = core.stats.collect(group, (name, value) => {
    told.push([name, String(value)])
  }, connection.id)
  connection.take(task, answer, (_, asked, outcome) => {
    if (outcome !== Status.SUCCESS) {
      putError(connection, asked, statusOf(outcome))
      return
    }
    for (const [name, value] of told) {
      putPacket(connection, asked, name, Buffer.from(value))
    }
    putSuccess(connection, asked, 0, 0)
  }, Hold.NEVER)
}

/** "detail on", "detail off", "detail dump": the dump is one packet, with memcached's END. */
function detail (connection: Connection, task: Task, what: string): void {
  const { core, core: { settings, shared } } = connection
  if (!settings.dumping || !['on', 'off', 'dump'].includes(what)) {
    putError(connection, task, Status.NOT_FOUND)
    return
  }
  if (what === 'dump') {
    putPacket(connection, task, 'detailed', Buffer.from(cut(detailLines(core)), 'latin1'))
  } else shared.detail = what === 'on'
  putSuccess(connection, task, 0, 0)
}

/** Whole lines, no more than fit. */
function cut (lines: readonly string[]): string {
  let text = ''
  for (const line of lines) {
    if (text.length + line.length > MOST_DETAIL) break
    text += line
  }
  return `${text}END\r\n`
}
