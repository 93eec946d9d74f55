/**
 * Unsigned 64-bit numbers as two int32 halves, without garbage. Functions that have a 64-bit
 * result leave it in `low` and `high`, which hold good until the next call on this thread.
 */

export let low = 0
export let high = 0

const TWO_32 = 4294967296
/** Decimal digits of 2^64 - 1. */
export const MAX_DIGITS = 20

/** a + b, wrapping at 2^64. */
export function add (aLow: number, aHigh: number, bLow: number, bHigh: number): void {
  const sum = (aLow >>> 0) + (bLow >>> 0)
  low = sum | 0
  high = (aHigh + bHigh + (sum >= TWO_32 ? 1 : 0)) | 0
}

/** a - b, or 0 where b is larger. */
export function subtract (aLow: number, aHigh: number, bLow: number, bHigh: number): void {
  if (isLess(aLow, aHigh, bLow, bHigh)) {
    low = high = 0
    return
  }
  const difference = (aLow >>> 0) - (bLow >>> 0)
  low = difference | 0
  high = (aHigh - bHigh - (difference < 0 ? 1 : 0)) | 0
}

/** 0 - the last result: the two's complement. */
export function negate (): void {
  low = -low | 0
  high = (low === 0 ? -high : ~high) | 0
}

export function isLess (aLow: number, aHigh: number, bLow: number, bHigh: number): boolean {
  if (aHigh !== bHigh) return (aHigh >>> 0) < (bHigh >>> 0)
  return (aLow >>> 0) < (bLow >>> 0)
}

/** Reads the decimal digits from start to end; false if they are none, or 2^64 or more. */
export function parse (bytes: Buffer, start: number, end: number): boolean {
  if (start >= end) return false
  let upper = 0
  let lower = 0
  for (let at = start; at < end; at++) {
    const digit = bytes[at] - 48
    if (digit < 0 || digit > 9) return false
    if (upper === 0 && lower < 429496728) {
      lower = lower * 10 + digit
      continue
    }
    const sum = lower * 10 + digit
    const carry = Math.floor(sum / TWO_32)
    lower = sum - carry * TWO_32
    upper = upper * 10 + carry
    if (upper >= TWO_32) return false
  }
  low = lower | 0
  high = upper | 0
  return true
}

/** How many decimal digits the number has. */
export function countDigits (lowHalf: number, highHalf: number): number {
  if (highHalf === 0) {
    let rest = lowHalf >>> 0
    let digits = 1
    while (rest >= 10) {
      rest = Math.floor(rest / 10)
      digits++
    }
    return digits
  }
  divideBy1e9(lowHalf, highHalf)
  return 9 + countDigits(low, high)
}

/** Writes the number's digits so that they end before `end`; answers where they start. */
export function print (bytes: Buffer, end: number, lowHalf: number, highHalf: number): number {
  let at = end
  while (highHalf !== 0) {
    let group = divideBy1e9(lowHalf, highHalf)
    lowHalf = low
    highHalf = high
    for (let i = 0; i < 9; i++) {
      const rest = Math.floor(group / 10)
      bytes[--at] = 48 + group - rest * 10
      group = rest
    }
  }
  let number = lowHalf >>> 0
  do {
    const rest = Math.floor(number / 10)
    bytes[--at] = 48 + number - rest * 10
    number = rest
  } while (number !== 0)
  return at
}

/** Divides by 10^9, leaving the quotient in low and high; answers the remainder. */
function divideBy1e9 (lowHalf: number, highHalf: number): number {
  const upper = highHalf >>> 0
  const quotientHigh = Math.floor(upper / 1e9)
  // The remainder times 2^32 passes 2^53: the low half follows in two steps of 16 bits.
  const middle = (upper - quotientHigh * 1e9) * 65536 + (lowHalf >>> 16)
  const quotientMiddle = Math.floor(middle / 1e9)
  const last = (middle - quotientMiddle * 1e9) * 65536 + (lowHalf & 0xffff)
  const quotientLast = Math.floor(last / 1e9)
  low = (quotientMiddle * 65536 + quotientLast) | 0
  high = quotientHigh + Math.floor((quotientMiddle * 65536 + quotientLast) / TWO_32) | 0
  return last - quotientLast * 1e9
}
