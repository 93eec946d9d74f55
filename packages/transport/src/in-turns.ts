/** Does what is asked for a few at a time, so that others have their turn of the event loop. */
export class InTurns<T> {
  readonly #atOnce: number
  readonly #act: (one: T) => void
  #waiting: T[] = []
  #begun = false

  constructor (atOnce: number, act: (one: T) => void) {
    this.#atOnce = atOnce
    this.#act = act
  }

  add (one: T): void {
    this.#waiting.push(one)
    this.#begin()
  }

  #begin (): void {
    if (this.#begun || this.#waiting.length === 0) return
    this.#begun = true
    setImmediate(() => {
      this.#begun = false
      const now = this.#waiting.splice(0, this.#atOnce)
      this.#begin()
      for (const one of now) this.#act(one)
    })
  }
}
