import { Command, metaWords, type Line } from '@memplug/protocol'
import type { Connection } from '../../connection.js'
import { metaArithmetic } from './arithmetic.js'
import { metaDebug } from './debug.js'
import { metaGet } from './get.js'
import { metaRemove } from './remove.js'
import { metaSet } from './set.js'

/** Serves a line of mn, me, mg, ms, md or ma, and the value behind it; answers where that ended. */
export function meta (
  connection: Connection, command: Command, line: Line, input: Buffer, end: number
): number {
  switch (command) {
    case Command.META_GET: metaGet(connection, line, input); break
    case Command.META_SET: return metaSet(connection, line, input, end)
    case Command.META_DELETE: metaRemove(connection, line, input); break
    case Command.META_ARITHMETIC: metaArithmetic(connection, line, input); break
    case Command.META_DEBUG: metaDebug(connection, line, input); break
    default: connection.reply(metaWords.MN)
  }
  return line.next
}
