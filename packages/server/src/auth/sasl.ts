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
import { LONGEST_LOGIN, type Auth, type Proof } from './auth.js'
import { makeChallenge, parseAnswer } from './cram-md5.js'

/** SASL over the binary protocol: SASL List, Auth and Step. */

/** A login that has begun. */
export interface Exchange {
  readonly mechanism: string
  /** What the client was asked, nothing by PLAIN. */
  readonly challenge: Buffer
}

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
  const auth = saslOf(connection)
  if (auth === null) {
    putError(connection, task, WireStatus.UNKNOWN_COMMAND)
    return
  }
  const names = Buffer.from(auth.mechanisms.join(' '), 'latin1')
  putAnswer(connection, task.command, task.opaque, Status.SUCCESS, names)
}

/**
 * SASL Auth and Step: the key is the mechanism, which Step knows already; the `size` bytes of value
 * from `at` on are the client's. Answers where the request ended, or -1 if its bytes have not all
 * come.
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
  const exchange = isStart ? begin(auth, mechanism) : connection.exchange
  // A challenge serves once, and a login that begins ends the one before it.
  connection.exchange = null
  connection.idle = connection.reading = Reading.LOGIN_FRAME
  if (exchange !== null && isStart && message.length === 0) {
    connection.exchange = exchange
    putAnswer(connection, command, opaque, WireStatus.AUTH_CONTINUE, exchange.challenge)
    return
  }
  // A client can't answer what it was not asked.
  const isEarly = isStart && exchange !== null && exchange.challenge.length > 0
  const proof = exchange === null || isEarly ? null : proofOf(exchange, message)
  if (proof === null) {
    auth.fail(connection)
    putError(connection, task, WireStatus.AUTH_ERROR)
    return
  }
  auth.check(connection, proof, may => {
    if (may) connection.idle = connection.reading = Reading.FRAME
    if (may) putAnswer(connection, command, opaque, Status.SUCCESS, AUTHENTICATED)
    else putFailure(connection, command, opaque)
  })
}

function begin (auth: Auth, name: string): Exchange | null {
  const mechanism = auth.mechanisms.find(one => one === name.toUpperCase())
  if (mechanism === undefined) return null
  return { mechanism, challenge: mechanism === 'PLAIN' ? NOTHING : makeChallenge() }
}

/** What the message claims; null if it claims nothing. */
function proofOf ({ mechanism, challenge }: Exchange, message: Buffer): Proof | null {
  if (mechanism === 'PLAIN') return plainProof(message)
  const parsed = parseAnswer(message)
  if (parsed === null) return null
  return file => file.secrets?.has(parsed[0], challenge, parsed[1]) ?? false
}

/** RFC 4616: '[whom it acts for] NUL name NUL password'. */
function plainProof (message: Buffer): Proof | null {
  const name = message.indexOf(0) + 1
  const password = message.indexOf(0, name) + 1
  if (name === 0 || password === 0) return null
  return file => file.users.has(message.subarray(name, password - 1), message.subarray(password))
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
