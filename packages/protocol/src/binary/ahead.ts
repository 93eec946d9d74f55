import type { Ahead } from '../ahead.js'
import { FRAME, REQUEST_MAGIC, viewFrames } from './frame.js'

/** Adds the keys of the frames at `at`, and answers where the first one begins that was left. */
export function foreseeFrames (bytes: Buffer, at: number, end: number, ahead: Ahead): number {
  const view = viewFrames(bytes)
  while (!ahead.isFull && end - at >= FRAME && bytes[at] === REQUEST_MAGIC) {
    const keyLength = view.getUint16(at + 2)
    const body = view.getInt32(at + 8)
    const key = at + FRAME + bytes[at + 4]
    if (body < 0 || key + keyLength > end) break
    if (keyLength > 0) ahead.add(key, key + keyLength)
    if (body > end - at) return end
    at += FRAME + body
  }
  return at
}
