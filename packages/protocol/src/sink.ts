import { Copier } from './copy.js'

/** Where replies are written: bytes from `end` on are free. The writer sees to the room. */
export interface Sink {
  bytes: Buffer
  end: number
}

const outward = new Copier()
const keys = new Copier()

export function putBytes (sink: Sink, from: Buffer, start: number, end: number): void {
  outward.copy(from, start, end, sink.bytes, sink.end)
  sink.end += end - start
}

/** The same for a request's key, which lies elsewhere than values do. */
export function putKey (sink: Sink, from: Buffer, start: number, end: number): void {
  keys.copy(from, start, end, sink.bytes, sink.end)
  sink.end += end - start
}

/** Appends a word of the protocol: a short Buffer made once. */
export function putWord (sink: Sink, word: Buffer): void {
  const { bytes } = sink
  let at = sink.end
  for (let i = 0; i < word.length; i++) bytes[at++] = word[i]!
  sink.end = at
}

/** Appends an unsigned 32-bit number in decimal. */
export function putNumber (sink: Sink, number: number): void {
  const { bytes } = sink
  let rest = number >>> 0
  if (rest < 10) {
    bytes[sink.end++] = 48 + rest
    return
  }
  let digits = 2
  for (let limit = 100; digits < 10 && rest >= limit; limit *= 10) digits++
  const end = sink.end + digits
  sink.end = end
  for (let at = end - 1; digits > 0; digits--, at--) {
    const tenth = (rest / 10) >>> 0
    bytes[at] = 48 + rest - tenth * 10
    rest = tenth
  }
}
