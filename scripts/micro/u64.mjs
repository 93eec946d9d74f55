/** Unsigned 64-bit numbers in two halves: parse, add and print. */
import { u64 } from '@memplug/engine'
import { measure } from './measure.mjs'

const bytes = Buffer.alloc(32)
let seen = 0

for (const digits of ['7', '1000000', '4294967296', '18446744073709551615']) {
  const text = Buffer.from(digits)
  if (!u64.parse(text, 0, text.length)) throw new Error(`${digits} is a number`)
  const { low, high } = u64
  measure(`parse ${digits}`, () => { seen += Number(u64.parse(text, 0, text.length)) })
  measure(`print ${digits}`, () => { seen += u64.print(bytes, 32, low, high) })
}
measure('add', i => {
  u64.add(i, i, -1, 1)
  seen += u64.low
})
if (seen === 0) throw new Error('nothing was done')
