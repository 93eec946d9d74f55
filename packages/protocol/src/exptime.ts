/** protocol.txt, "Expiration times": from here on a number is a Unix time, not a duration. */
const LONGEST_DURATION = 60 * 60 * 24 * 30
/** A time on every host's clock that has passed. */
const PASSED = 1
const LATEST = 0x7fffffff

/**
 * The time, on a clock that says `now` and whose 0 is at Unix time `epoch`, that an exptime
 * means: 0 is never, a negative one has passed already.
 */
export function expiryOf (exptime: number, now: number, epoch: number): number {
  if (exptime === 0) return 0
  if (exptime < 0) return PASSED
  if (exptime <= LONGEST_DURATION) return (now + exptime) | 0
  return exptime <= epoch ? PASSED : Math.min(exptime - epoch, LATEST) | 0
}
