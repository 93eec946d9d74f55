import type { Connection } from './connection.js'
import { Reading } from './reading.js'

/** What is no request, and only has to be passed over. */

const NEWLINE = 10

/** Passes over what bytes at to end hold of a refused value; answers where that ended. */
export function skipValue (connection: Connection, at: number, end: number): number {
  const size = Math.min(connection.left, end - at)
  connection.left -= size
  if (connection.left === 0) connection.reading = connection.idle
  return at + size
}

/** The same with the rest of a refused line. */
export function skipLine (
  connection: Connection, input: Buffer, at: number, end: number
): number {
  while (at < end) if (input[at++] === NEWLINE) {
    connection.reading = Reading.LINE
    break
  }
  return at
}
