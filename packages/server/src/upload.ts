import { Copier, words } from '@memplug/protocol'
import type { Connection } from './connection.js'
import { Counter } from './counters.js'
import { FILL_FROM } from './limits.js'
import { Reading } from './reading.js'
import { Hold, type Finish, type Task } from './task.js'

/** Values on their way from the client into the memory that the engine's allocate gave. */

const inward = new Copier()

const RETURN = 13
const NEWLINE = 10
const LINE_END = 2

/**
 * Takes the value of a task that is allocated, and stores it when it is whole: at once if
 * bytes at to end hold all of it. Answers where it ended.
 */
export function beginValue (
  connection: Connection, task: Task, finish: Finish, input: Buffer, at: number, end: number
): number {
  const { op } = task
  const tail = connection.idle === Reading.LINE ? LINE_END : 0
  const valueEnd = at + op.size
  if (valueEnd + tail <= end) {
    inward.copy(input, at, valueEnd, op.value, op.valueStart)
    if (tail === 0 || endsLine(input, valueEnd)) store(connection, task, finish)
    else refuse(connection, task)
    return valueEnd + tail
  }
  const kept = connection.core.takeTask()
  kept.keepKey()
  kept.finish = finish
  connection.upload = kept
  connection.left = op.size
  connection.reading = Reading.VALUE
  connection.partSince = connection.core.clock.now
  return readValue(connection, input, at, end)
}

export function readValue (
  connection: Connection, input: Buffer, at: number, end: number
): number {
  const { op } = connection.upload!
  const size = Math.min(connection.left, end - at)
  inward.copy(input, at, at + size, op.value, op.valueEnd - connection.left)
  connection.left -= size
  if (connection.left === 0) endValue(connection)
  else if (connection.left >= FILL_FROM) {
    connection.link.fill(op.value, op.valueEnd - connection.left, op.valueEnd)
  }
  return at + size
}

/** The last byte of the value is there. */
export function endValue (connection: Connection): void {
  if (connection.idle === Reading.LINE) connection.reading = Reading.END_OF_VALUE
  else storeUpload(connection)
}

export function readEndOfValue (
  connection: Connection, input: Buffer, at: number, end: number
): number {
  if (end - at < LINE_END) return at
  if (endsLine(input, at)) storeUpload(connection)
  else {
    const task = takeUpload(connection)
    refuse(connection, task)
    connection.core.giveBack(task)
  }
  return at + LINE_END
}

/** The connection is over: what came of a value is given back. */
export function abandonUpload (connection: Connection): void {
  const { core, upload } = connection
  if (upload === null) return
  core.guard.release(upload.op)
  core.giveBack(upload)
  connection.upload = null
}

function storeUpload (connection: Connection): void {
  const task = takeUpload(connection)
  store(connection, task, task.finish!)
}

function takeUpload (connection: Connection): Task {
  const task = connection.upload!
  connection.upload = null
  connection.reading = connection.idle
  return task
}

function store (connection: Connection, task: Task, finish: Finish): void {
  const { core } = connection
  if (core.isAsync) task.keepKey()
  connection.take(task, core.guard.store(task.op), finish, Hold.ALWAYS)
}

function refuse (connection: Connection, task: Task): void {
  const { core } = connection
  core.counters[Counter.cmd_set]++
  core.guard.release(task.op)
  connection.reply(words.BAD_CHUNK, task.quiet)
}

function endsLine (input: Buffer, at: number): boolean {
  return input[at] === RETURN && input[at + 1] === NEWLINE
}
