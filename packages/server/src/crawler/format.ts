import { State, type Op } from '@memplug/engine'
import { uriEncode } from '@memplug/protocol'

/** Writes an item as a line, without its end. */
export type Format = (op: Op, epoch: number) => string

const HIGH = 2n ** 32n
/** What would end a key in a line of words. */
const UNPRINTABLE = /[\0- \x7f]/

/** lru_crawler metadump. memcached's line has a blank at its end, and no return. */
export const metadumpLine: Format = (op, epoch) => {
  const key = uriEncode(op.key, op.keyStart, op.keyEnd)
  const expires = op.itemExpires === 0 ? -1 : epoch + op.itemExpires
  const fetched = (op.itemState & State.FETCHED) !== 0 ? 'yes' : 'no'
  return `key=${key} exp=${expires} la=${epoch + op.itemUsed} cas=${casOf(op)} fetch=${fetched} ` +
    `cls=${op.itemClass || 1} size=${sizeOf(op)} flags=${op.itemFlags >>> 0} \n`
}

/** lru_crawler mgdump: a meta get of each key, of which one that is no text is in base64. */
export const mgdumpLine: Format = op => {
  const key = op.key.toString('latin1', op.keyStart, op.keyEnd)
  if (!UNPRINTABLE.test(key)) return `mg ${key}\r\n`
  return `mg ${op.key.toString('base64', op.keyStart, op.keyEnd)} b\r\n`
}

function casOf ({ itemCasLow, itemCasHigh }: Op): number | bigint {
  const low = itemCasLow >>> 0
  return itemCasHigh === 0 ? low : BigInt(itemCasHigh >>> 0) * HIGH + BigInt(low)
}

function sizeOf ({ itemSize, keyStart, keyEnd, valueStart, valueEnd }: Op): number {
  return itemSize > 0 ? itemSize : keyEnd - keyStart + valueEnd - valueStart
}
