import { Get, State, Status, type Op } from '@memplug/engine'
import { decodeBase64, metaWords, words, type Line } from '@memplug/protocol'
import type { Connection } from '../../connection.js'
import { Counter } from '../../counters.js'
import { Hold, type Outcome, type Task } from '../../task.js'
import { errorWord } from '../errors.js'
import { LONGEST_KEY } from '../retrieval.js'

/** protocol.txt, "Meta Debug": me <key> [b]\r\n, for people to read. */

const KEY = 1
const FLAG = 2
const BASE64 = Buffer.from('b', 'latin1')

export function metaDebug (connection: Connection, line: Line, input: Buffer): void {
  const { core, core: { task, task: { op } } } = connection
  if (!readKey(task, line, input)) {
    connection.reply(words.BAD_LINE)
    return
  }
  if (!core.hasMeta) {
    connection.reply(metaWords.NOT_KEPT)
    return
  }
  core.counters[Counter.cmd_meta]++
  op.mode = Get.PEEK | Get.UNCOUNTED
  op.itemClass = op.itemSize = 0
  if (core.isAsync) task.keepKey()
  connection.take(task, core.guard.get(op), finishDebug, Hold.ON_SUCCESS)
}

function readKey ({ op, flags }: Task, line: Line, input: Buffer): boolean {
  if (line.count <= KEY || line.ends[KEY] - line.starts[KEY] > LONGEST_KEY) return false
  flags.keyLength = 0
  op.key = input
  op.keyStart = line.starts[KEY]
  op.keyEnd = line.ends[KEY]
  if (!line.is(input, FLAG, BASE64)) return true
  op.key = flags.key
  flags.keyLength = decodeBase64(input, op.keyStart, op.keyEnd, flags.key)
  op.keyStart = 0
  op.keyEnd = flags.keyLength
  return flags.keyLength > 0
}

function finishDebug (connection: Connection, task: Task, outcome: Outcome): void {
  const { core } = connection
  if (outcome === Status.SUCCESS) {
    const { op, flags } = task
    const key = op.key.toString(flags.keyLength > 0 ? 'base64' : 'latin1', op.keyStart, op.keyEnd)
    const line = `ME ${key} ${describe(op, core.clock.now)}\r\n`
    core.guard.release(op)
    connection.reply(Buffer.from(line, 'latin1'))
  } else connection.reply(outcome === Status.NOT_FOUND ? metaWords.NO_ITEM : errorWord(outcome))
}

/** As 1.6.45 tells it: both times in seconds from now. */
function describe (op: Op, now: number): string {
  const cas = BigInt.asUintN(32, BigInt(op.itemCasHigh)) << 32n | BigInt(op.itemCasLow >>> 0)
  return [
    `exp=${op.itemExpires === 0 ? -1 : op.itemExpires - now}`,
    `la=${now - op.itemUsed}`,
    `cas=${cas}`,
    `fetch=${(op.itemState & State.FETCHED) === 0 ? 'no' : 'yes'}`,
    `cls=${op.itemClass}`,
    `size=${op.itemSize}`
  ].join(' ')
}
