/** Words of the counter. */
const LOW = 0
const CARRY_LOWER = 1
const CARRY_UPPER = 2
const WORDS = 3

const FIRST_QUARTER = 0x40000000
const LAST_QUARTER = 0xc0000000 | 0

/**
 * Draws 64-bit numbers, each once, from 1 up, for all threads: `low` and `high` after draw().
 *
 * The low half is drawn atomically. Each half of its range has a word of its own for the high
 * half, which changes while the other half of the range is drawn, a billion draws from any
 * draw that reads it: so no thread pairs a low half with the wrong high half.
 */
export class CasCounter {
  low = 0
  high = 0
  private readonly words: Int32Array
  private readonly alone: boolean

  static reserve (): SharedArrayBuffer {
    const shared = new SharedArrayBuffer(4 * WORDS)
    const words = new Int32Array(shared)
    words[LOW] = 1
    // Its first step, at the first quarter, makes it 0.
    words[CARRY_UPPER] = -1
    return shared
  }

  constructor (shared: SharedArrayBuffer, alone: boolean) {
    this.words = new Int32Array(shared)
    this.alone = alone
  }

  draw (): void {
    const { words } = this
    let low
    if (this.alone) {
      low = words[LOW]!
      words[LOW] = low + 1
    } else {
      low = Atomics.add(words, LOW, 1)
    }
    if (low === FIRST_QUARTER) Atomics.add(words, CARRY_UPPER, 1)
    else if (low === LAST_QUARTER) Atomics.add(words, CARRY_LOWER, 1)
    this.low = low
    this.high = low >= 0 ? words[CARRY_LOWER] : words[CARRY_UPPER]
  }
}
