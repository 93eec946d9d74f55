/** A key of 65535 bytes. */
export const MOST_WORDS = 16384
/** For keys that are kept beside the one hashed last. */
const KEPT_WORDS = 1024

/**
 * HalfSipHash-1-3: a keyed hash of 32 bits. Without the key, nobody can choose keys that meet
 * in one bucket.
 */
export class Hasher {
  /** The key hashed last, as words of four bytes, the lowest first; the last filled with 0. */
  readonly words = new Int32Array(MOST_WORDS + KEPT_WORDS)
  private readonly key0: number
  private readonly key1: number

  /** The two halves of the 64-bit key, as int32. */
  constructor (key0: number, key1: number) {
    this.key0 = key0 | 0
    this.key1 = key1 | 0
  }

  /** The hash of bytes start to end, an int32. Leaves them in `words`, from index `to` on. */
  hash (bytes: Buffer, start: number, end: number, to = 0): number {
    const { words } = this
    let v0 = this.key0
    let v1 = this.key1
    let v2 = 0x6c796765 ^ v0
    let v3 = 0x74656462 ^ v1
    const whole = end - ((end - start) & 3)
    let at = start
    let count = to
    for (; at < whole; at += 4) {
      const word = bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24
      words[count++] = word
      v3 ^= word
      v0 = (v0 + v1) | 0; v1 = (v1 << 5 | v1 >>> 27) ^ v0; v0 = v0 << 16 | v0 >>> 16
      v2 = (v2 + v3) | 0; v3 = (v3 << 8 | v3 >>> 24) ^ v2
      v0 = (v0 + v3) | 0; v3 = (v3 << 7 | v3 >>> 25) ^ v0
      v2 = (v2 + v1) | 0; v1 = (v1 << 13 | v1 >>> 19) ^ v2; v2 = v2 << 16 | v2 >>> 16
      v0 ^= word
    }
    let rest = 0
    for (let shift = 0; at < end; at++, shift += 8) rest |= bytes[at] << shift
    words[count] = rest
    const last = rest | (end - start) << 24
    v3 ^= last
    // One round for the last word, and three to finish.
    for (let round = 0; round < 4; round++) {
      v0 = (v0 + v1) | 0; v1 = (v1 << 5 | v1 >>> 27) ^ v0; v0 = v0 << 16 | v0 >>> 16
      v2 = (v2 + v3) | 0; v3 = (v3 << 8 | v3 >>> 24) ^ v2
      v0 = (v0 + v3) | 0; v3 = (v3 << 7 | v3 >>> 25) ^ v0
      v2 = (v2 + v1) | 0; v1 = (v1 << 13 | v1 >>> 19) ^ v2; v2 = v2 << 16 | v2 >>> 16
      if (round === 0) {
        v0 ^= last
        v2 ^= 0xff
      }
    }
    return v1 ^ v3
  }
}
