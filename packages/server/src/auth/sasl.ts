import { Status } from '@memplug/engine'
import {
  FRAME, Kind, kinds, Opcode, putBytes, putFrame, read32, REQUEST_MAGIC, WireStatus
} from '@memplug/protocol'
import { putError } from '../binary/reply.js'
import { readFrame } from '../binary/session.js'
import type { Connection } from '../connection.js'
import { refuseValue } from '../parts.js'
import { Reading } from '../reading.js'
import type { Task } from '../task.js'
import { LONGEST_LOGIN, type Auth } from './auth.js'

/** SASL over the binary protocol: SASL List, Auth and Step, with the mechanism PLAIN. */

const PLAIN = Buffer.from('PLAIN', 'latin1')
const AUTHENTICATED = Buffer.from('Authenticated', 'latin1')
const NOTHING = Buffer.alloc(0)

/** Bytes of a mechanism's name. */
const LONGEST_MECHANISM = 32

/** Serves one frame of a connection that has not logged in. */
export function readLoginFrame (
  connection: Connection, input: Buffer, at: number, end: number
): number {
  if (input[at] === REQUEST_MAGIC) {
    if (end - at < FRAME) return at
    const kind = kinds[input[at + 1]]
    if (kind === Kind.VERSION || kind === Kind.SASL_LIST || kind === Kind.SASL_AUTH) {
      return readFrame(connection, input, at, end)
    }
    const { task } = connection.core
    task.command = input[at + 1]
    task.opaque = read32(input, at + 12)
    putError(connection, task, WireStatus.AUTH_ERROR)
  }
  connection.end()
  return end
}

/** The names of the mechanisms there are. `size` bytes of value mean nothing. */
export function listMechanisms (connection: Connection, task: Task, size: number): void {
  refuseValue(connection, size)
  if (saslOf(connection) === null) putError(connection, task, WireStatus.UNKNOWN_COMMAND)
  else putAnswer(connection, task.command, task.opaque, Status.SUCCESS, PLAIN)
}

/**
 * SASL Auth and Step: the key is the mechanism, the `size` bytes of value from `at` on are the
 * client's. Answers where the request ended, or -1 if its bytes have not all come.
 */
export function authenticate (
  connection: Connection, task: Task, input: Buffer, at: number, size: number, end: number
): number {
  const auth = saslOf(connection)
  const { keyStart, keyEnd } = task.op
  const fault = auth === null ? WireStatus.UNKNOWN_COMMAND
    : keyEnd - keyStart > LONGEST_MECHANISM ? Status.INVALID
    : size > LONGEST_LOGIN ? Status.NO_MEMORY
    : Status.SUCCESS
  if (auth === null || fault !== Status.SUCCESS) {
    putError(connection, task, fault)
    refuseValue(connection, size)
    return at
  }
  if (at + size > end) return -1
  const mechanism = input.toString('latin1', keyStart, keyEnd)
  take(connection, auth, task, mechanism, Buffer.from(input.subarray(at, at + size)))
  return at + size
}

function take (
  connection: Connection, auth: Auth, task: Task, mechanism: string, message: Buffer
): void {
  const { command, opaque } = task
  const isStart = command === Opcode.SASL_AUTH
  const isPlain = mechanism.toUpperCase() === 'PLAIN' && (isStart || connection.saslStarted)
  connection.saslStarted = isPlain
  if (isPlain && isStart && message.length === 0) {
    putAnswer(connection, command, opaque, WireStatus.AUTH_CONTINUE, NOTHING)
    return
  }
  // A login that fails ends the one before it.
  connection.idle = connection.reading = Reading.LOGIN_FRAME
  const name = message.indexOf(0) + 1
  const password = message.indexOf(0, name) + 1
  if (!isPlain || name === 0 || password === 0) {
    auth.fail(connection)
    putError(connection, task, WireStatus.AUTH_ERROR)
    return
  }
  auth.check(connection, message.subarray(name, password - 1), message.subarray(password), may => {
    connection.saslStarted = may
    if (may) connection.idle = connection.reading = Reading.FRAME
    if (may) putAnswer(connection, command, opaque, Status.SUCCESS, AUTHENTICATED)
    else putFailure(connection, command, opaque)
  })
}

/** The task may serve another by now. */
function putFailure (connection: Connection, command: number, opaque: number): void {
  const { task } = connection.core
  task.command = command
  task.opaque = opaque
  putError(connection, task, WireStatus.AUTH_ERROR)
}

function putAnswer (
  connection: Connection, command: number, opaque: number, status: number, body: Buffer
): void {
  connection.reserve(FRAME + body.length)
  const { output } = connection.core
  putFrame(output, command, status, 0, 0, body.length, opaque, 0, 0)
  putBytes(output, body, 0, body.length)
}

function saslOf ({ core: { auth } }: Connection): Auth | null {
  return auth?.kind === 'sasl' ? auth : null
}
