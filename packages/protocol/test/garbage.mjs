/** Prints, as JSON, the bytes of garbage that one call of each hot function makes. */
import {
  commandOf, Copier, fits, Line, parseSigned, parseUnsigned, putEndOfLine, putFrame, putNumber,
  putUnsigned64, putValueLineWithCas, putWord, read16, read32, words, expiryOf, errorBody
} from '../dist/index.js'
import { garbageOf } from '../../../test/support/garbage-of.mjs'

const CALLS = 100_000

const input = Buffer.from('set somekey -77 3000000000 18446744073709551615 noreply\r\n')
const value = Buffer.alloc(1 << 16, 'v')
const copier = new Copier()
const line = new Line()
const sink = { bytes: Buffer.alloc(1 << 16), end: 0 }
let seen = 0
const see = number => { seen = (seen + number) | 0 }

const functions = {
  line () { see(Number(line.read(input, 0, input.length)) + line.count) },
  commandOf () { see(commandOf(input, 0, 3)) },
  parseUnsigned () { see(Number(parseUnsigned(input, 27, 47))) },
  parseSigned () { see(Number(parseSigned(input, 12, 15))) },
  expiryOf () { see(expiryOf(60, 100, 1_700_000_000)) },
  putValueLine () {
    sink.end = 0
    putValueLineWithCas(sink, input, 4, 11, -1, 150, -5, 0x7fffffff)
    copier.copy(value, 0, 150, sink.bytes, sink.end)
    putEndOfLine(sink)
  },
  putNumbers () {
    sink.end = 0
    putNumber(sink, -1)
    putUnsigned64(sink, -1, -1)
    putWord(sink, words.STORED)
  },
  /** Proves that garbage is seen. */
  control () { see(input.subarray(0, 3).length) },
  frame () {
    sink.end = 0
    putFrame(sink, 1, 0, 4, 0, 154, 0xdeadbeef | 0, -1, 0x7fffffff)
    see(read16(sink.bytes, 2) + read32(sink.bytes, 12) + Number(fits(1, 8, 4, 9)))
    putWord(sink, errorBody(1))
  }
}

const figures = {}
for (const [name, call] of Object.entries(functions)) figures[name] = garbageOf(call, CALLS)
console.log(JSON.stringify(figures))
if (seen === 0) throw new Error('nothing was done')
