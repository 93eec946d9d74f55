import { Hasher } from '../src/hash.js'

const MASK = 0xffffffffn
const rotate = (x: bigint, by: bigint) => (x << by | x >> (32n - by)) & MASK

/** HalfSipHash as its authors define it, with any number of rounds, on unbounded integers. */
function halfSipHash (rounds: number, lastRounds: number, key: [bigint, bigint], bytes: Buffer) {
  let [v0, v1, v2, v3] = [key[0], key[1], 0x6c796765n ^ key[0], 0x74656462n ^ key[1]]
  const mix = (times: number) => {
    for (let i = 0; i < times; i++) {
      v0 = v0 + v1 & MASK; v1 = rotate(v1, 5n) ^ v0; v0 = rotate(v0, 16n)
      v2 = v2 + v3 & MASK; v3 = rotate(v3, 8n) ^ v2
      v0 = v0 + v3 & MASK; v3 = rotate(v3, 7n) ^ v0
      v2 = v2 + v1 & MASK; v1 = rotate(v1, 13n) ^ v2; v2 = rotate(v2, 16n)
    }
  }
  const whole = bytes.length - bytes.length % 4
  const tail = Buffer.concat([bytes.subarray(whole), Buffer.alloc(4)]).subarray(0, 3)
  const words = Array.from({ length: whole / 4 }, (_, i) => BigInt(bytes.readUInt32LE(4 * i)))
  for (const word of [...words, BigInt(tail.readUIntLE(0, 3) + bytes.length % 256 * 2 ** 24)]) {
    v3 ^= word
    mix(rounds)
    v0 ^= word
  }
  v2 ^= 0xffn
  mix(lastRounds)
  return Number(BigInt.asIntN(32, v1 ^ v3))
}

const counting = Buffer.from(Array.from({ length: 300 }, (_, i) => i))
const authorsKey: [bigint, bigint] = [0x03020100n, 0x07060504n]

test('the test\'s own HalfSipHash gives the published values of HalfSipHash-2-4', () => {
  const published = [0x5b9f35a9, 0xb85a4727, 0x03a662fa, 0x04e7fe8a, 0x89466e2a, 0x69b6fac5]
  expect(published.map((_, i) => halfSipHash(2, 4, authorsKey, counting.subarray(0, i)) >>> 0))
    .toEqual(published)
})

test('a key under the published key of HalfSipHash-1-3 has the published hash', () => {
  const published = [
    0x5814c896, 0xe7e864ca, 0xbc4b0e30, 0x01539939, 0x7e059ea6, 0x88e3d89b, 0xa0080b65, 0x9d38d9d6,
    0x577999b1, 0xc839caed, 0xe4fa32cf, 0x959246ee
  ]
  const hasher = new Hasher(0x03020100, 0x07060504)
  expect(published.map((_, i) => hasher.hash(counting, 0, i) >>> 0)).toEqual(published)
})

test('keys of every length and place, under any seed, hash as the reference does', () => {
  for (const [key0, key1] of [[0, 0], [-1, -1], [0x7fffffff, -0x80000000], [-559038737, 1]]) {
    const hasher = new Hasher(key0, key1)
    const seed: [bigint, bigint] = [BigInt(key0 >>> 0), BigInt(key1 >>> 0)]
    for (let length = 0; length <= 290; length++) {
      const start = length % 7
      expect(hasher.hash(counting, start, start + length))
        .toBe(halfSipHash(1, 3, seed, counting.subarray(start, start + length)))
    }
  }
})

test('the key that was hashed last is left as words, the last one filled up with 0', () => {
  const hasher = new Hasher(1, 2)
  hasher.hash(Buffer.from('a much longer key'), 0, 17)
  hasher.hash(Buffer.from('<abcdef>'), 1, 7)
  expect([...hasher.words.subarray(0, 2)]).toEqual([0x64636261, 0x6665])
})

test('keys that differ only in zero bytes at the end have different hashes', () => {
  const hasher = new Hasher(7, 8)
  const hashes = Array.from({ length: 9 }, (_, i) => hasher.hash(Buffer.alloc(9), 0, i))
  expect(new Set(hashes).size).toBe(9)
})
