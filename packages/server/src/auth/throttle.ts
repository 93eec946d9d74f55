import { createHash, randomBytes } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { SharedLock } from '../shared-lock.js'

/** Sets of entries, one of which the hash of an address chooses; entries of a set. */
const SETS = 2048
const WAYS = 8
/** Doubles of an entry: the rest of the hash, how many failures, and until when it waits. */
const TAG = 0
const FAILURES = 1
const UNTIL = 2
const ENTRY = 3
const SEED_BYTES = 16
/** The lock's word, and the seed, before the entries. */
const HEADER = 32
const TAG_BYTES = 6

/** An address that gave no cause for so long starts anew: milliseconds. */
export const FORGET_AFTER = 60_000

/** More doublings would come to nothing. */
const MOST_DOUBLINGS = 30

/**
 * Makes guessing slow: after each failed login of an address its next one waits, twice as long
 * as before, on whatever thread. It waits before the answer is looked for, so that going away
 * does not help. Times are milliseconds of one clock. 16,384 addresses are remembered at most:
 * of those that share a set the one is forgotten whose wait ends first.
 */
export class Throttle {
  readonly #first: number
  readonly #longest: number
  readonly #seed: Buffer
  readonly #lock: SharedLock
  readonly #entries: Float64Array

  static reserve (): SharedArrayBuffer {
    const shared = new SharedArrayBuffer(HEADER + SETS * WAYS * ENTRY * 8)
    randomBytes(SEED_BYTES).copy(Buffer.from(shared), HEADER - SEED_BYTES)
    return shared
  }

  constructor (shared: SharedArrayBuffer, first: number, longest: number) {
    this.#first = first
    this.#longest = longest
    this.#seed = Buffer.from(shared, HEADER - SEED_BYTES, SEED_BYTES)
    this.#lock = new SharedLock(new Int32Array(shared, 0, 1), 0)
    this.#entries = new Float64Array(shared, HEADER)
  }

  /** How long an attempt from there has to wait. */
  waitFor (address: string, now: number): number {
    return this.#with(address, (at, _, isKnown) =>
      isKnown ? Math.max(0, this.#entries[at + UNTIL] - now) : 0)
  }

  failed (address: string, now: number): void {
    this.#with(address, (at, tag, isKnown) => {
      const entries = this.#entries
      const isNew = !isKnown || now - entries[at + UNTIL] > FORGET_AFTER
      const failures = isNew ? 1 : entries[at + FAILURES] + 1
      const delay = this.#first * 2 ** Math.min(failures - 1, MOST_DOUBLINGS)
      entries.set([tag, failures, now + Math.min(delay, this.#longest)], at)
    })
  }

  succeeded (address: string): void {
    this.#with(address, (at, _, isKnown) => { if (isKnown) this.#entries.fill(0, at, at + ENTRY) })
  }

  /** Under the lock, with the entry of an address, or the one that it is to have. */
  #with<T> (address: string, act: (at: number, tag: number, isKnown: boolean) => T): T {
    const digest = createHash('sha256').update(this.#seed).update(address).digest()
    const tag = 1 + digest.readUIntLE(0, TAG_BYTES)
    const set = digest.readUInt32LE(TAG_BYTES) % SETS * WAYS * ENTRY
    // Where a thread died with it a wait may be wrong, if two are reckoned at once.
    const isLocked = this.#lock.take()
    const at = this.#find(set, tag)
    const result = act(at, tag, this.#entries[at + TAG] === tag)
    if (isLocked) this.#lock.release()
    return result
  }

  #find (set: number, tag: number): number {
    const entries = this.#entries
    let oldest = set
    for (let at = set; at < set + WAYS * ENTRY; at += ENTRY) {
      if (entries[at + TAG] === tag) return at
      if (entries[at + UNTIL] < entries[oldest + UNTIL]) oldest = at
    }
    return oldest
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
