import { Status } from '@memplug/engine'
import { putWord, words, type Sink } from '@memplug/protocol'
import type { Connection } from '../connection.js'
import type { Core } from '../core.js'
import { DETAIL_ROOM, tellDetail } from '../stats/detail.js'
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
    putPacket(connection, task, 'detailed', packDetail(core))
  } else shared.detail = what === 'on'
  putSuccess(connection, task, 0, 0)
}

/** Whole lines, no more than fit. */
function packDetail (core: Core): Buffer {
  const sink = { bytes: Buffer.allocUnsafe(MOST_DETAIL + DETAIL_ROOM + words.END.length), end: 0 }
  let whole = 0
  const keep = (): Sink => {
    if (sink.end <= MOST_DETAIL) whole = sink.end
    else sink.end = whole
    return sink
  }
  tellDetail(core, keep)
  putWord(keep(), words.END)
  return sink.bytes.subarray(0, sink.end)
}
