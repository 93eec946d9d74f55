import { Ahead, foreseeFrames, foreseeKeys, foreseeLines } from '@memplug/protocol'
import type { Guard } from './guard.js'
import { Reading } from './reading.js'

/** Keys that are foreseen together. */
const MOST_AHEAD = 16
/** Fewer bytes are one request, or a few that it does not pay to look at. */
const LEAST_BYTES = 64

const NOTHING = Buffer.alloc(0)

/** Tells an engine that wants to know it which keys the requests that wait will ask for. */
export class Foresight {
  /** Requests before this position of the input have been looked at. */
  until = Infinity
  private readonly guard: Guard
  private readonly isWanted: boolean
  private readonly ahead = new Ahead(MOST_AHEAD)
  private isTold = false

  constructor (guard: Guard) {
    this.guard = guard
    this.isWanted = guard.isForeseeing
  }

  /** Requests are served that begin at `at`. */
  begin (at: number): void {
    if (this.isWanted) this.until = at
  }

  /** Their bytes may change from now on: what was foreseen of them is void. */
  end (): void {
    if (this.isTold) this.tell(NOTHING, 0)
  }

  /** Looks at the requests that begin at `at`. */
  look (reading: Reading, input: Buffer, at: number, end: number): void {
    if (end - at < LEAST_BYTES) {
      this.until = end
      return
    }
    const { ahead } = this
    ahead.count = 0
    let next = at
    if (reading === Reading.FRAME) next = foreseeFrames(input, at, end, ahead)
    else if (reading === Reading.LINE) next = foreseeLines(input, at, end, ahead)
    else if (reading === Reading.KEYS) next = foreseeKeys(input, at, end, ahead)
    this.until = next > at ? next : at + 1
    if (ahead.count > 1) this.tell(input, ahead.count)
  }

  private tell (input: Buffer, count: number): void {
    const { starts, ends } = this.ahead
    this.isTold = count > 0
    this.guard.foresee(input, starts, ends, count)
  }
}
