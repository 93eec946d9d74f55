/** TLS sessions that clients may resume: the latest ones, so many at most. */
export class TlsSessions {
  readonly #most: number
  readonly #sessions = new Map<string, Buffer>()

  constructor (most: number) { this.#most = most }

  add (id: Buffer, session: Buffer): void {
    this.#sessions.set(id.toString('latin1'), session)
    if (this.#sessions.size <= this.#most) return
    for (const oldest of this.#sessions.keys()) {
      this.#sessions.delete(oldest)
      break
    }
  }

  find (id: Buffer): Buffer | null {
    return this.#sessions.get(id.toString('latin1')) ?? null
  }
}
