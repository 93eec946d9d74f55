import { isIPv6 } from 'node:net'

/** Addresses that are remembered, at most; beyond it the one that came first is forgotten. */
export const MOST_ADDRESSES = 10_000

/** An address that gave no cause for so long starts anew: milliseconds. */
export const FORGET_AFTER = 60_000

/** More doublings would come to nothing. */
const MOST_DOUBLINGS = 30

interface Penalty {
  failures: number
  /** When the next attempt may be made. */
  until: number
}

/**
 * Makes guessing slow: after each failed login of an address its next one waits, twice as long
 * as before. It waits before the answer is looked for, so that going away does not help. Times
 * are milliseconds.
 */
export class Throttle {
  readonly #first: number
  readonly #longest: number
  readonly #penalties = new Map<string, Penalty>()

  constructor (first: number, longest: number) {
    this.#first = first
    this.#longest = longest
  }

  /** How long an attempt from there has to wait. */
  waitFor (address: string, now: number): number {
    return Math.max(0, (this.#penalties.get(address)?.until ?? now) - now)
  }

  failed (address: string, now: number): void {
    const before = this.#penalties.get(address)
    const failures = before === undefined || now - before.until > FORGET_AFTER ? 1
      : before.failures + 1
    const delay = this.#first * 2 ** Math.min(failures - 1, MOST_DOUBLINGS)
    this.#penalties.delete(address)
    this.#penalties.set(address, { failures, until: now + Math.min(delay, this.#longest) })
    if (this.#penalties.size <= MOST_ADDRESSES) return
    for (const oldest of this.#penalties.keys()) {
      this.#penalties.delete(oldest)
      break
    }
  }

  succeeded (address: string): void {
    this.#penalties.delete(address)
  }
}

/**
 * What a link's remote name has in common with those of the same client: the host without the
 * port, and of IPv6 the network, in which one host has as many addresses as it likes.
 */
export function hostOf (remote: string): string {
  const [, v6, host] = /^tcp6?:(?:\[(.*)\]|(.*)):\d+$/.exec(remote) ?? []
  if (v6 === undefined) return host ?? remote
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(v6)
  if (mapped !== null) return mapped[1]
  return isIPv6(v6) ? networkOf(v6) : v6
}

/** The first 64 bits. */
function networkOf (address: string): string {
  const [head, tail] = address.split('%')[0].split('::')
  const groups = head === '' ? [] : head.split(':')
  const behind = tail === undefined || tail === '' ? [] : tail.split(':')
  while (tail !== undefined && groups.length + behind.length < 8) groups.push('0')
  return groups.concat(behind).slice(0, 4).map(group => parseInt(group, 16).toString(16)).join(':')
}
