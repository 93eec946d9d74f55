/** Where replies are written: bytes from `end` on are free. The writer sees to the room. */
export interface Sink {
  bytes: Buffer
  end: number
}

/** From here on one call out of JavaScript beats a loop over the bytes. */
const LOOP_UP_TO = 192

/** Copies bytes start to end of `from` to position `at` of `to`. */
export function copyBytes (
  from: Buffer, start: number, end: number, to: Buffer, at: number
): void {
  if (end - start > LOOP_UP_TO) {
    to.set(from.subarray(start, end), at)
    return
  }
  for (let i = start; i < end; i++) to[at++] = from[i]!
}

export function putBytes (sink: Sink, from: Buffer, start: number, end: number): void {
  copyBytes(from, start, end, sink.bytes, sink.end)
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
  let digits = 1
  for (let limit = 10; digits < 10 && rest >= limit; limit *= 10) digits++
  const end = sink.end + digits
  sink.end = end
  for (let at = end - 1; digits > 0; digits--, at--) {
    const tenth = Math.floor(rest / 10)
    bytes[at] = 48 + rest - tenth * 10
    rest = tenth
  }
}
