import { u64 } from '@memplug/engine'
import { putKey, putNumber, putWord, type Sink } from '../sink.js'
import { words } from './words.js'

const BLANK = 32
const RETURN = 13
const NEWLINE = 10

/** What a VALUE line takes beside the key. */
export const VALUE_LINE_ROOM = 64

/** "VALUE <key> <flags> <bytes>\r\n" */
export function putValueLine (
  sink: Sink, key: Buffer, keyStart: number, keyEnd: number, flags: number, size: number
): void {
  putValueStart(sink, key, keyStart, keyEnd, flags, size)
  putEndOfLine(sink)
}

/** "VALUE <key> <flags> <bytes> <cas unique>\r\n" */
export function putValueLineWithCas (
  sink: Sink, key: Buffer, keyStart: number, keyEnd: number, flags: number, size: number,
  casLow: number, casHigh: number
): void {
  putValueStart(sink, key, keyStart, keyEnd, flags, size)
  sink.bytes[sink.end++] = BLANK
  putUnsigned64(sink, casLow, casHigh)
  putEndOfLine(sink)
}

function putValueStart (
  sink: Sink, key: Buffer, keyStart: number, keyEnd: number, flags: number, size: number
): void {
  putWord(sink, words.VALUE)
  putKey(sink, key, keyStart, keyEnd)
  sink.bytes[sink.end++] = BLANK
  putNumber(sink, flags)
  sink.bytes[sink.end++] = BLANK
  putNumber(sink, size)
}

export function putEndOfLine (sink: Sink): void {
  const { bytes, end } = sink
  bytes[end] = RETURN
  bytes[end + 1] = NEWLINE
  sink.end = end + 2
}

export function putUnsigned64 (sink: Sink, low: number, high: number): void {
  const end = sink.end + u64.countDigits(low, high)
  u64.print(sink.bytes, end, low, high)
  sink.end = end
}
