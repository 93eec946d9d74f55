import { createHash, randomBytes } from 'node:crypto'

/** Addresses that share a bucket share a limit: with so many, next to none do. */
const BUCKETS = 1 << 20

/** What enter() answers for one connection too many. */
export const TOO_MANY = -1
/** Of a connection that no address counts. */
export const NOWHERE = -2

/** What the threads share: survives a structured clone. Takes memory only where it is used. */
export interface SharedAddresses {
  readonly threads: number
  readonly limit: number
  readonly seed: string
  readonly counts: SharedArrayBuffer
}

/** How many connections each address has, over all threads. */
export class AddressesInUse {
  readonly #shared: SharedAddresses
  readonly #thread: number
  readonly #counts: Int32Array

  static reserve (threads: number, limit: number): SharedAddresses {
    return {
      threads,
      limit,
      seed: randomBytes(16).toString('hex'),
      counts: new SharedArrayBuffer(limit > 0 ? BUCKETS * threads * 4 : 0)
    }
  }

  constructor (shared: SharedAddresses, thread: number) {
    this.#shared = shared
    this.#thread = thread
    this.#counts = new Int32Array(shared.counts)
  }

  /** `remote` as Link.remote says it. Answers what leave() is to be given, or TOO_MANY. */
  enter (remote: string): number {
    const { limit } = this.#shared
    if (limit === 0 || remote.startsWith('unix:')) return NOWHERE
    const bucket = this.#bucketOf(remote.slice(0, remote.lastIndexOf(':')))
    Atomics.add(this.#counts, this.#thread * BUCKETS + bucket, 1)
    if (this.#sum(bucket) <= limit) return bucket
    this.leave(bucket)
    return TOO_MANY
  }

  leave (bucket: number): void {
    if (bucket >= 0) Atomics.sub(this.#counts, this.#thread * BUCKETS + bucket, 1)
  }

  /** A thread has ended, and its connections with it. */
  clear (thread: number): void {
    if (this.#shared.limit === 0) return
    this.#counts.fill(0, thread * BUCKETS, (thread + 1) * BUCKETS)
  }

  #sum (bucket: number): number {
    let sum = 0
    for (let thread = 0; thread < this.#shared.threads; thread++) {
      sum += Atomics.load(this.#counts, thread * BUCKETS + bucket)
    }
    return sum
  }

  #bucketOf (address: string): number {
    const digest = createHash('sha256').update(this.#shared.seed).update(address).digest()
    return digest.readUInt32LE(0) % BUCKETS
  }
}
