import { Status, type Op } from '@memplug/engine'
import {
  FRAME, fits, isQuiet, Kind, kinds, read32, REQUEST_MAGIC, viewFrames, WireStatus
} from '@memplug/protocol'
import { authenticate, listMechanisms } from '../auth/sasl.js'
import type { Connection } from '../connection.js'
import { refuseValue } from '../parts.js'
import { flush, noop, quit, version } from './admin.js'
import { arithmetic } from './arithmetic.js'
import { remove } from './items.js'
import { putError } from './reply.js'
import { get, touch } from './retrieval.js'
import { stat } from './stats.js'
import { store } from './storage.js'

/** Lengths beyond this are refused and the connection closed: no engine takes such a body. */
const LONGEST_BODY = 2 ** 30

/** Serves one request; answers where it ended, or `at` if its key has not wholly come. */
export function readFrame (
  connection: Connection, input: Buffer, at: number, end: number
): number {
  if (input[at] !== REQUEST_MAGIC) {
    return connection.isInOrder ? closeAt(connection, end) : awaitTurn(connection, at)
  }
  if (end - at < FRAME) return at
  const { task } = connection.core
  const opcode = input[at + 1]
  const view = viewFrames(input)
  const keyLength = view.getUint16(at + 2)
  const extras = input[at + 4]
  const body = view.getUint32(at + 8)
  task.command = opcode
  task.opaque = view.getInt32(at + 12)
  task.quiet = isQuiet[opcode] === 1
  const kind = kinds[opcode] as Kind
  const fault = checkLengths(connection, kind, opcode, extras, keyLength, body)
  // Gets go on together; whatever else there is awaits its turn.
  if (!connection.isInOrder && (kind !== Kind.GET || fault !== Status.SUCCESS)) {
    return awaitTurn(connection, at)
  }
  if (fault !== Status.SUCCESS) {
    putError(connection, task, fault)
    return closeAt(connection, end)
  }
  if (kind === Kind.UNKNOWN) {
    putError(connection, task, WireStatus.UNKNOWN_COMMAND)
    refuseValue(connection, body)
    return at + FRAME
  }
  const key = at + FRAME + extras
  const valueStart = key + keyLength
  if (valueStart > end) return at
  readHeader(task.op, input, view, at, key, valueStart)
  if (connection.core.isAsync) task.keepKey()
  connection.inMultiget = kind === Kind.GET && task.quiet
  const size = body - extras - keyLength
  switch (kind) {
    case Kind.GET: get(connection, task); break
    case Kind.STORE: case Kind.JOIN:
      return store(connection, task, kind, input, at + FRAME, valueStart, size, end)
    case Kind.TOUCH: touch(connection, task, read32(input, at + FRAME)); break
    case Kind.DELETE: remove(connection, task); break
    case Kind.ARITHMETIC: arithmetic(connection, task, input, at + FRAME); break
    case Kind.FLUSH: flush(connection, task, extras > 0 ? read32(input, at + FRAME) : 0); break
    case Kind.NOOP: noop(connection, task); break
    case Kind.VERSION: version(connection, task); break
    case Kind.STAT: stat(connection, task); break
    case Kind.SASL_LIST: listMechanisms(connection, task, size); break
    case Kind.SASL_AUTH: {
      const next = authenticate(connection, task, input, valueStart, size, end)
      return next < 0 ? at : next
    }
    case Kind.QUIT: quit(connection, task)
  }
  return valueStart
}

/** Everything about lengths is checked before anything else is done with a request. */
function checkLengths (
  { core }: Connection, kind: Kind, opcode: number, extras: number, key: number, body: number
): number {
  if (key + extras > body) return WireStatus.UNKNOWN_COMMAND
  if (body > LONGEST_BODY || key > core.settings.maxKeySize) return Status.INVALID
  // SASL's may be unknown too, which depends on the settings.
  if (kind === Kind.UNKNOWN || fits(opcode, extras, key, body - key - extras) ||
    kind >= Kind.SASL_LIST) {
    return Status.SUCCESS
  }
  return Status.INVALID
}

function readHeader (
  op: Op, input: Buffer, view: DataView, at: number, key: number, keyEnd: number
): void {
  op.key = input
  op.keyStart = key
  op.keyEnd = keyEnd
  op.mode = 0
  op.setCas = false
  op.casHigh = view.getInt32(at + 16)
  op.casLow = view.getInt32(at + 20)
  // A cas of 0 means "any", in the binary protocol alone.
  op.compare = (op.casLow | op.casHigh) !== 0
}

function awaitTurn (connection: Connection, at: number): number {
  connection.inMultiget = false
  return at
}

function closeAt (connection: Connection, end: number): number {
  connection.end()
  return end
}

