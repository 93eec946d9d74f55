import { closeSync } from 'node:fs'
import type { Shared } from '../shared.js'

/** The descriptors that a worker was handed, as long as it may not have taken them. */
export class Handed {
  readonly #shared: Shared
  readonly #thread: number
  readonly #descriptors: number[] = []
  /** How many there were before those in the list. */
  #before: number

  constructor (shared: Shared, thread: number) {
    this.#shared = shared
    this.#thread = thread
    this.#before = shared.taken(thread)
  }

  add (descriptor: number): void {
    this.#forgetTaken()
    this.#descriptors.push(descriptor)
  }

  /** The worker has ended: what it never took is closed. */
  close (): void {
    this.#forgetTaken()
    for (const descriptor of this.#descriptors.splice(0)) closeSync(descriptor)
  }

  #forgetTaken (): void {
    const taken = this.#shared.taken(this.#thread)
    this.#descriptors.splice(0, (taken - this.#before) | 0)
    this.#before = taken
  }
}
