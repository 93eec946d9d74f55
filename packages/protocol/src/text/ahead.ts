import type { Ahead } from '../ahead.js'

const BLANK = 32
const NEWLINE = 10
const RETURN = 13
const G = 103
const E = 101
const T = 116
const M = 109

/**
 * Adds the keys of the get and mg lines at `at`, where a line begins, and answers where the
 * first key or line begins that was left.
 */
export function foreseeLines (bytes: Buffer, at: number, end: number, ahead: Ahead): number {
  while (!ahead.isFull && end - at > 4) {
    const isMeta = bytes[at] === M && bytes[at + 1] === G && bytes[at + 2] === BLANK
    if (!isMeta && !isGet(bytes, at)) break
    const next = isMeta ? foreseeFirst(bytes, at + 3, end, ahead)
      : foreseeLine(bytes, at + 4, end, ahead)
    if (next <= 0) return -next
    at = next
  }
  return at
}

function isGet (bytes: Buffer, at: number): boolean {
  return bytes[at] === G && bytes[at + 1] === E && bytes[at + 2] === T && bytes[at + 3] === BLANK
}

/** The one key of an mg line, behind which its flags stand; answers as foreseeLine does. */
function foreseeFirst (bytes: Buffer, at: number, end: number, ahead: Ahead): number {
  let next = at
  while (next < end && bytes[next] !== NEWLINE) next++
  if (next === end) return -at
  let keyEnd = at
  while (bytes[keyEnd] > BLANK) keyEnd++
  if (keyEnd > at) ahead.add(at, keyEnd)
  return next + 1
}

/** The same where a key of a get line may begin. */
export function foreseeKeys (bytes: Buffer, at: number, end: number, ahead: Ahead): number {
  const next = foreseeLine(bytes, at, end, ahead)
  return next > 0 ? foreseeLines(bytes, next, end, ahead) : -next
}

/** Answers where the next line begins; or, negative, where the key does that was left. */
function foreseeLine (bytes: Buffer, at: number, end: number, ahead: Ahead): number {
  for (;;) {
    while (at < end && bytes[at] === BLANK) at++
    const start = at
    let byte = 0
    // One comparison passes most bytes; a key may have other control characters.
    while (at < end && ((byte = bytes[at]!) > BLANK || (byte !== BLANK && byte !== NEWLINE))) at++
    if (at === end || ahead.isFull) return -start
    const keyEnd = byte === NEWLINE && bytes[at - 1] === RETURN ? at - 1 : at
    if (keyEnd > start) ahead.add(start, keyEnd)
    if (byte === NEWLINE) return at + 1
  }
}
