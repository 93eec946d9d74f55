/** Keys that were foreseen, which a server may not change until it foresees others. */
export class Foreseen {
  readonly #keys: readonly Buffer[]
  readonly #copies: readonly Buffer[]

  constructor (key: Buffer, starts: Int32Array, ends: Int32Array, count: number) {
    this.#keys = Array.from({ length: count }, (_, i) => key.subarray(starts[i], ends[i]))
    this.#copies = this.#keys.map(bytes => Buffer.from(bytes))
  }

  isUnchanged (): boolean {
    return this.#keys.every((bytes, i) => bytes.equals(this.#copies[i]))
  }
}
