/** Addresses that are answered within a second, at most. */
export const MOST_ADDRESSES = 10_000

const SECOND = 1000

/**
 * How much goes where: an address that somebody has forged in requests gets no flood of replies
 * from here.
 */
export class UdpRate {
  readonly #most: number
  readonly #sent = new Map<string, number>()
  #since = 0

  /** @param most bytes that an address gets in a second */
  constructor (most: number) { this.#most = most }

  /** Whether so many bytes more may go there; if so, counts them. `now` is in milliseconds. */
  allows (address: string, size: number, now: number): boolean {
    if (now - this.#since >= SECOND) {
      this.#since = now
      this.#sent.clear()
    }
    const before = this.#sent.get(address)
    const sum = (before ?? 0) + size
    if (sum > this.#most) return false
    if (before === undefined && this.#sent.size >= MOST_ADDRESSES) return false
    this.#sent.set(address, sum)
    return true
  }
}
