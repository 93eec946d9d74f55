import {
  Flag, META_REPLY_ROOM, putEndOfLine, putFlag, putFlagKey, putFlagNumber, putToken, putWord
} from '@memplug/protocol'
import type { Connection } from '../../connection.js'
import type { Task } from '../../task.js'

/** Replies to meta commands: "<code> <flag>*\r\n", the flags in the order asked for. */

/** How memcached prints that an item never expires. */
const NEVER = Buffer.from(' t-1', 'latin1')

/** The reply to what came to nothing: of the flags only those that say which request it was. */
export function replyCode (connection: Connection, task: Task, code: Buffer): void {
  const { core: { output } } = connection
  const { letters, count } = task.flags
  connection.reserve(META_REPLY_ROOM)
  const start = output.end
  putWord(output, code)
  for (let i = 0; i < count; i++) putEcho(connection, task, letters[i])
  endReply(connection, start)
}

/** Ends the reply that began at `start` of the Output, which has not been flushed since. */
export function endReply (connection: Connection, start: number): void {
  const { output, verbose } = connection.core
  putEndOfLine(output)
  if (verbose) connection.trace('>', '', output.bytes, start, output.end)
}

/** What O and k ask for; nothing for other flags. */
export function putEcho ({ core: { output } }: Connection, task: Task, flag: number): void {
  const { flags, op } = task
  if (flag === Flag.OPAQUE) putToken(output, flags.opaque, flags.opaqueLength)
  else if (flag === Flag.KEY) {
    putFlagKey(output, op.key, op.keyStart, op.keyEnd, flags.has(Flag.BASE64))
  }
}

/** "t<seconds>": what is left of an item that expires then. */
export function putTtl ({ core: { clock, output } }: Connection, expires: number): void {
  if (expires === 0) putWord(output, NEVER)
  else putFlagNumber(output, Flag.TTL, expires - clock.now)
}

/** A flag that is told unasked. */
export function putLetter ({ core: { output } }: Connection, letter: string): void {
  putFlag(output, letter.charCodeAt(0))
}
