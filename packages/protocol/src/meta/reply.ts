import { putBytes, putNumber, type Sink } from '../sink.js'
import { putUnsigned64 } from '../text/values.js'
import { putBase64 } from './base64.js'
import { Flag } from './flags.js'

/** Parts of a meta command's reply: a blank, a letter, and what belongs to it. */

const BLANK = 32

/** What a reply takes at most, beside a value: the key in base64, each flag once. */
export const META_REPLY_ROOM = 640

export function putFlag (sink: Sink, flag: number): void {
  const { bytes, end } = sink
  bytes[end] = BLANK
  bytes[end + 1] = flag
  sink.end = end + 2
}

/** An unsigned 32-bit number. */
export function putFlagNumber (sink: Sink, flag: number, number: number): void {
  putFlag(sink, flag)
  putNumber(sink, number)
}

export function putFlagUnsigned64 (sink: Sink, flag: number, low: number, high: number): void {
  putFlag(sink, flag)
  putUnsigned64(sink, low, high)
}

/** "k<key>", or of a key that was given in base64 "k<base64> b". */
export function putFlagKey (
  sink: Sink, key: Buffer, start: number, end: number, isBase64: boolean
): void {
  putFlag(sink, Flag.KEY)
  if (!isBase64) {
    putBytes(sink, key, start, end)
    return
  }
  putBase64(sink, key, start, end)
  putFlag(sink, Flag.BASE64)
}

/** A token as it was given, its letter and all. */
export function putToken (sink: Sink, token: Buffer, length: number): void {
  sink.bytes[sink.end++] = BLANK
  putBytes(sink, token, 0, length)
}
