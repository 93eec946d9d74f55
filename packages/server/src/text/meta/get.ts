import { Get, State, Status, type Answer } from '@memplug/engine'
import {
  Flag, META_REPLY_ROOM, metaWords, putFlagNumber, putFlagUnsigned64, putNumber, putWord,
  type Line, type MetaFlags
} from '@memplug/protocol'
import type { Connection } from '../../connection.js'
import { Counter } from '../../counters.js'
import { SEND_HELD_FROM } from '../../limits.js'
import { Hold, type Outcome, type Task } from '../../task.js'
import { errorWord } from '../errors.js'
import { putValue } from '../retrieval.js'
import { endReply, putEcho, putLetter, putTtl, replyCode } from './reply.js'
import { asksBefore, expiryOfCreated, keepExpiry, readRequest } from './request.js'

/** protocol.txt, "Meta Get": mg <key> <flag>*\r\n */

const FIRST_FLAG = 2
const LINE_END = 2
/** op.recache: win whatever the expiry is, or never for it. */
const ALWAYS = -1
const NEVER = 0

export function metaGet (connection: Connection, line: Line, input: Buffer): void {
  const { core, core: { task, task: { op, flags } } } = connection
  const fault = readRequest(connection, task, line, input, FIRST_FLAG)
  if (fault !== null) connection.reply(fault)
  else if (!core.hasMeta && asksForMeta(task)) connection.reply(metaWords.NOT_KEPT)
  else {
    op.recache = flags.recache
    op.createExpires = expiryOfCreated(flags)
    if (core.isAsync) task.keepKey()
    if (!asksBefore(flags) && !recachesBefore(flags)) {
      connection.take(task, get(connection, task), finishGet, Hold.ON_SUCCESS)
      return
    }
    op.mode = core.hasMeta ? Get.PEEK | Get.UNCOUNTED : Get.PEEK
    connection.take(task, core.guard.get(op), finishLook, Hold.ON_SUCCESS)
  }
}

/** R before T means the expiry that T changes; an engine knows only what has become of it. */
function recachesBefore (flags: MetaFlags): boolean {
  return flags.isBefore(Flag.RECACHE, Flag.EXPIRES)
}

function asksForMeta ({ flags }: Task): boolean {
  return flags.has(Flag.CREATE) || flags.has(Flag.RECACHE) || flags.has(Flag.HIT) ||
    flags.has(Flag.LAST_USED) || flags.has(Flag.NEW_CAS)
}

function get ({ core: { guard, hasMeta } }: Connection, { op, flags }: Task): Answer {
  const touches = flags.has(Flag.EXPIRES)
  if (touches && !hasMeta) return guard.touch(op)
  op.mode = (flags.has(Flag.PEEK) ? Get.PEEK : 0) | (touches ? Get.TOUCH : 0) |
    (flags.has(Flag.CREATE) ? Get.VIVIFY : 0) | (hasMeta ? Get.RECACHE : 0)
  return guard.get(op)
}

/** The expiry that T is about to change is known. */
function finishLook (connection: Connection, task: Task, outcome: Outcome): void {
  if (outcome !== Status.SUCCESS && outcome !== Status.NOT_FOUND) {
    connection.reply(errorWord(outcome))
    return
  }
  keepExpiry(connection, task, outcome === Status.SUCCESS)
  const { op, flags, itemExpires } = task
  if (recachesBefore(flags)) {
    op.recache = itemExpires !== 0 && itemExpires < flags.recache ? ALWAYS : NEVER
  }
  connection.takeAgain(task, get(connection, task), finishGet, Hold.ON_SUCCESS)
}

function finishGet (connection: Connection, task: Task, outcome: Outcome): void {
  const { core, core: { counters } } = connection
  if (outcome === Status.SUCCESS) {
    const touches = task.flags.has(Flag.EXPIRES)
    counters[touches ? Counter.cmd_touch : Counter.cmd_get]++
    counters[touches ? Counter.touch_hits : Counter.get_hits]++
    putHit(connection, task)
  } else if (outcome === Status.NOT_FOUND || outcome === Status.NO_MEMORY) {
    counters[Counter.cmd_get]++
    counters[Counter.get_misses]++
    if (!task.flags.has(Flag.QUIET)) replyCode(connection, task, metaWords.EN)
  } else if (outcome === Status.NOT_SUPPORTED && task.flags.has(Flag.EXPIRES)) {
    connection.takeAgain(task, core.emulate.touch(task), finishGet, Hold.ON_SUCCESS)
  } else connection.reply(errorWord(outcome))
}

function putHit (connection: Connection, task: Task): void {
  const { core: { guard, output } } = connection
  const { op, flags } = task
  const size = op.valueEnd - op.valueStart
  const hasValue = flags.has(Flag.VALUE) && !isKnown(task)
  const copied = hasValue && size < SEND_HELD_FROM ? size + LINE_END : 0
  connection.reserve(META_REPLY_ROOM + copied)
  const start = output.end
  if (hasValue) {
    putWord(output, metaWords.VA)
    putNumber(output, size)
  } else putWord(output, metaWords.HD)
  putFlags(connection, task)
  putState(connection, op.itemState)
  endReply(connection, start)
  if (hasValue) putValue(connection, task)
  else guard.release(op)
}

/** C: the client has the value already, if it has this cas. */
function isKnown ({ op, flags }: Task): boolean {
  return flags.has(Flag.COMPARE) &&
    op.itemCasLow === flags.compareLow && op.itemCasHigh === flags.compareHigh
}

function putFlags (connection: Connection, task: Task): void {
  const { core: { clock, output } } = connection
  const { op, flags } = task
  const created = isCreated(task)
  // What t tells depends on where it stands among N and T.
  let expires = created ? 0 : asksBefore(flags) ? task.itemExpires : op.itemExpires
  for (let i = 0; i < flags.count; i++) {
    const flag = flags.letters[i]
    switch (flag) {
      case Flag.EXPIRES: expires = flags.expires; break
      case Flag.CREATE: if (created) expires = flags.createExpires; break
      case Flag.TTL: putTtl(connection, expires); break
      case Flag.SIZE: putFlagNumber(output, flag, op.valueEnd - op.valueStart); break
      case Flag.CAS: putFlagUnsigned64(output, flag, op.itemCasLow, op.itemCasHigh); break
      case Flag.CLIENT_FLAGS: putFlagNumber(output, flag, op.itemFlags); break
      case Flag.LAST_USED: putFlagNumber(output, flag, clock.now - op.itemUsed); break
      case Flag.HIT: putFlagNumber(output, flag, op.itemState & State.FETCHED); break
      default: putEcho(connection, task, flag)
    }
  }
}

/** No status tells that this get vivified: a fresh item does that was made as such a one is. */
function isCreated ({ op, flags }: Task): boolean {
  const { STALE, FETCHED, CLAIMED, WON } = State
  return flags.has(Flag.CREATE) &&
    (op.itemState & (STALE | FETCHED | CLAIMED | WON)) === (CLAIMED | WON) &&
    op.valueEnd === op.valueStart && op.itemExpires === op.createExpires
}

/** Whether the item is stale, and who is to make it anew. */
function putState (connection: Connection, state: number): void {
  const won = (state & State.WON) !== 0
  if (!won && (state & State.CLAIMED) !== 0) putLetter(connection, 'Z')
  if ((state & State.STALE) !== 0) putLetter(connection, 'X')
  if (won) putLetter(connection, 'W')
}
