/** A binary header read and checked, and one written. */
import {
  fits, isQuiet, kinds, putFrame, read16, read32
} from '@memplug/protocol'
import { measure } from './measure.mjs'

const header = Buffer.from('800100140800000000000080deadbeef0000000000000000', 'hex')
const sink = { bytes: Buffer.alloc(64), end: 0 }
let seen = 0

measure('read a header and check its shape', () => {
  const opcode = header[1]
  const extras = header[4]
  const keyLength = read16(header, 2)
  const body = read32(header, 8) >>> 0
  seen += Number(fits(opcode, extras, keyLength, body - extras - keyLength)) + isQuiet[opcode] +
    kinds[opcode] + read32(header, 12)
})
measure('write a header', () => {
  sink.end = 0
  putFrame(sink, 1, 0, 4, 0, 154, 0x5eadbeef, -1, 0x7fffffff)
  seen += sink.end
})
if (seen === 0) throw new Error('nothing was done')
