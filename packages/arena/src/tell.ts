import type { Op } from '@memplug/engine'
import { HEADER_SIZE, Meta, Word } from './header.js'
import type { Ref } from './memory.js'

const { CAS_LOW, CAS_HIGH, EXPIRES, FLAGS, USED, META, SIZE } = Word
const { KEY_LENGTH, STATE_SHIFT } = Meta
const STATE = Meta.STATE
const HEADER = HEADER_SIZE

/** Writes what op tells of an item whose header begins at `at`, under its bucket's lock. */
export function tell (op: Op, ref: Ref, words: Int32Array, at: number, bytes: Buffer): void {
  const meta = words[at + META]
  const start = (at << 2) + HEADER + (meta & KEY_LENGTH)
  op.item = ref
  op.value = bytes
  op.valueStart = start
  op.valueEnd = start + words[at + SIZE]
  op.itemFlags = words[at + FLAGS]!
  op.itemExpires = words[at + EXPIRES]!
  op.itemUsed = words[at + USED]!
  op.itemState = meta >>> STATE_SHIFT & STATE
  op.itemCasLow = words[at + CAS_LOW]!
  op.itemCasHigh = words[at + CAS_HIGH]!
}
