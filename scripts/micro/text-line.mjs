/** A text line cut into its words, and what its words mean. */
import { Line, commandOf, parseUnsigned } from '@memplug/protocol'
import { measure } from './measure.mjs'

const line = new Line()
let seen = 0

for (const text of ['incr a-counter 7', 'set key:0000000000001234 0 0 100']) {
  const bytes = Buffer.from(`${text}\r\n`)
  measure(`words of '${text}'`, () => {
    seen += Number(line.read(bytes, 0, bytes.length)) + commandOf(bytes, 0, text.indexOf(' '))
  })
}
for (const digits of ['7', '4294967295', '18446744073709551615']) {
  const bytes = Buffer.from(digits)
  measure(`parse ${digits}`, () => { seen += Number(parseUnsigned(bytes, 0, bytes.length)) })
}
if (seen === 0) throw new Error('nothing was done')
