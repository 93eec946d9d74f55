import { State, type Op } from '@memplug/engine'
import {
  putBase64, putBytes, putNumber, putUnsigned64, putUri, putWord, type Sink
} from '@memplug/protocol'

/** Writes an item as a line. It makes no garbage: collections would hold up everybody else. */
export type Format = (sink: Sink, op: Op, epoch: number) => void

const word = (text: string) => Buffer.from(text, 'latin1')
const KEY = word('key=')
const EXPIRES = word(' exp=')
const NEVER = word('-1')
const USED = word(' la=')
const CAS = word(' cas=')
const FETCHED = word(' fetch=yes')
const UNFETCHED = word(' fetch=no')
const CLASS = word(' cls=')
const SIZE = word(' size=')
const FLAGS = word(' flags=')
const END = word(' \n')
const META_GET = word('mg ')
const META_END = word('\r\n')
const BASE64_END = word(' b\r\n')

const BLANK = 32
const DELETE = 127

/** lru_crawler metadump. memcached's line has a blank at its end, and no return. */
export const metadumpLine: Format = (sink, op, epoch) => {
  putWord(sink, KEY)
  putUri(sink, op.key, op.keyStart, op.keyEnd)
  putWord(sink, EXPIRES)
  if (op.itemExpires === 0) putWord(sink, NEVER)
  else putNumber(sink, epoch + op.itemExpires)
  putWord(sink, USED)
  putNumber(sink, epoch + op.itemUsed)
  putWord(sink, CAS)
  putUnsigned64(sink, op.itemCasLow, op.itemCasHigh)
  putWord(sink, (op.itemState & State.FETCHED) !== 0 ? FETCHED : UNFETCHED)
  putWord(sink, CLASS)
  putNumber(sink, op.itemClass || 1)
  putWord(sink, SIZE)
  putNumber(sink, sizeOf(op))
  putWord(sink, FLAGS)
  putNumber(sink, op.itemFlags)
  putWord(sink, END)
}

/** lru_crawler mgdump: a meta get of each key, of which one that is no text is in base64. */
export const mgdumpLine: Format = (sink, { key, keyStart, keyEnd }) => {
  const isText = isPrintable(key, keyStart, keyEnd)
  putWord(sink, META_GET)
  if (isText) putBytes(sink, key, keyStart, keyEnd)
  else putBase64(sink, key, keyStart, keyEnd)
  putWord(sink, isText ? META_END : BASE64_END)
}

/** Nothing in the key would end a word or a line. */
function isPrintable (key: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (key[at] <= BLANK || key[at] === DELETE) return false
  return true
}

function sizeOf ({ itemSize, keyStart, keyEnd, valueStart, valueEnd }: Op): number {
  return itemSize > 0 ? itemSize : keyEnd - keyStart + valueEnd - valueStart
}
