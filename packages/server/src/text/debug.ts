import { Get, Op, Status, u64 } from '@memplug/engine'
import { parseSigned, words, type Line } from '@memplug/protocol'
import type { Connection } from '../connection.js'
import type { Core } from '../core.js'
import { Hold } from '../task.js'
import { LONGEST_KEY } from './retrieval.js'

/**
 * debugtime and debugitem, which memcached has when it is built for debugging, and its test
 * suite needs. Without --enable-debug-commands they are no commands.
 */

const MISS = Buffer.from('MISS\r\n', 'latin1')

/** debugtime <seconds>|p|r\r\n: moves all threads' clock, has it stand still, or go again. */
export function debugTime (connection: Connection, line: Line, input: Buffer): void {
  const { core: { clock, settings } } = connection
  const what = line.count < 2 ? '' : input.toString('latin1', line.starts[1], line.ends[1])
  if (!settings.debugCommands) connection.reply(words.ERROR)
  else if (what === 'p' || what === 'r') {
    clock.stand(what === 'p')
    connection.reply(words.OK)
  } else if (what !== '' && parseSigned(input, line.starts[1], line.ends[1])) {
    clock.shift(u64.low)
    connection.reply(words.OK)
  } else connection.reply(words.ERROR)
}

/** Items that clients had held, by what they asked for and the key. */
const held = new WeakMap<Core, Map<string, Op[]>>()

/**
 * debugitem lock|unlock|ref|unref <key>\r\n: holds the item where it lies, or ends such a hold
 * of the same thread. A lock is a hold too: nobody has to wait for it.
 */
export function debugItem (connection: Connection, line: Line, input: Buffer): void {
  const isThere = line.count > 2 && line.ends[2] - line.starts[2] <= LONGEST_KEY
  const what = isThere ? input.toString('latin1', line.starts[1], line.ends[1]) : ''
  const key = isThere ? Buffer.from(input.subarray(line.starts[2], line.ends[2])) : Buffer.alloc(0)
  const isKnown = connection.core.settings.debugCommands &&
    ['lock', 'unlock', 'ref', 'unref'].includes(what)
  if (!isKnown) connection.reply(words.ERROR)
  else if (what.startsWith('un')) release(connection, what.slice(2), key)
  else hold(connection, what, key)
}

function hold (connection: Connection, what: string, key: Buffer): void {
  const { core } = connection
  const op = new Op()
  op.key = key
  op.keyEnd = key.length
  op.mode = Get.PEEK
  connection.take(core.task, core.guard.get(op), (_, __, outcome) => {
    if (outcome === Status.SUCCESS) holdsOf(core, what, key).push(op)
    connection.reply(outcome === Status.SUCCESS || what === 'lock' ? words.OK : MISS)
  }, Hold.NEVER)
}

function release (connection: Connection, what: string, key: Buffer): void {
  const { core } = connection
  const op = holdsOf(core, what, key).pop()
  if (op !== undefined) core.guard.release(op)
  connection.reply(op !== undefined || what === 'lock' ? words.OK : MISS)
}

function holdsOf (core: Core, what: string, key: Buffer): Op[] {
  let all = held.get(core)
  if (all === undefined) held.set(core, all = new Map<string, Op[]>())
  const name = `${what} ${key.toString('latin1')}`
  let holds = all.get(name)
  if (holds === undefined) all.set(name, holds = [])
  return holds
}
