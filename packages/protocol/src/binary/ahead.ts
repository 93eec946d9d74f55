import type { Ahead } from '../ahead.js'
import { FRAME, REQUEST_MAGIC, viewFrames } from './frame.js'
import { Opcode } from './opcodes.js'

const O = Opcode
/** 1 for an opcode that stores an item or removes one. */
const STORING = new Uint8Array(256)
for (const opcode of [O.SET, O.SETQ, O.ADD, O.ADDQ, O.REPLACE, O.REPLACEQ, O.APPEND, O.APPENDQ,
  O.PREPEND, O.PREPENDQ, O.DELETE, O.DELETEQ]) STORING[opcode] = 1

/** Adds the keys of the frames at `at`, and answers where the first one begins that was left. */
export function foreseeFrames (bytes: Buffer, at: number, end: number, ahead: Ahead): number {
  const view = viewFrames(bytes)
  while (!ahead.isFull && end - at >= FRAME && bytes[at] === REQUEST_MAGIC) {
    const keyLength = view.getUint16(at + 2)
    const body = view.getInt32(at + 8)
    const key = at + FRAME + bytes[at + 4]
    if (body < 0 || key + keyLength > end) break
    if (keyLength > 0) ahead.add(key, key + keyLength, STORING[bytes[at + 1]])
    if (body > end - at) return end
    at += FRAME + body
  }
  return at
}
