/** The keyed hash of keys of some lengths. */
import { Hasher } from '../../packages/arena/dist/hash.js'
import { measure } from './measure.mjs'

const hasher = new Hasher(0x01234567, 0x89abcdef)
const bytes = Buffer.from('get a-key-of-some-length'.repeat(20))
let seen = 0

for (const length of [8, 20, 40, 100, 250]) {
  measure(`hash of ${length} bytes`, i => { seen ^= hasher.hash(bytes, i & 7, (i & 7) + length) })
}
if (seen === 1) console.log()
