import { Ahead, foreseeFrames, foreseeKeys, foreseeLines } from '@memplug/protocol'
import type { Batch } from '@memplug/transport'
import type { Guard } from './guard.js'
import { Reading } from './reading.js'

/** Keys that are foreseen together. */
const MOST_AHEAD = 16
/** Fewer bytes are one request, or a few that it does not pay to look at. */
const LEAST_BYTES = 64

const RETURN = 13

const NOTHING: Buffer = Buffer.alloc(0)
const NO_BATCH: Batch = { bytes: NOTHING, end: 0, over: () => {} }

/** Tells an engine that wants to know it which keys the requests that wait will ask for. */
export class Foresight {
  /** Requests before this position of the input have been looked at. */
  until = Infinity
  private readonly guard: Guard
  private readonly isWanted: boolean
  private readonly ahead = new Ahead(MOST_AHEAD)
  private isTold = false
  private batch: Batch = NO_BATCH
  /** What `until` is a position of, in a batch. */
  private input: Buffer = NOTHING
  /** What the keys in `ahead` were told of, and the first of them that was not asked for. */
  private told: Buffer = NOTHING
  private next = 0

  constructor (guard: Guard) {
    this.guard = guard
    this.isWanted = guard.isForeseeing
  }

  /** Looks beyond one connection's requests, where several are read in one turn. */
  follow (batch: Batch | undefined): void {
    if (batch === undefined) return
    this.batch = batch
    batch.over = () => {
      this.input = NOTHING
      if (this.isTold) this.tell(NOTHING, 0)
    }
  }

  /** A connection's requests are served that begin at `at`, unlooked at unless in a batch. */
  begin (input: Buffer, at: number): void {
    if (this.isWanted && (input !== this.input || at >= this.until)) this.until = at
  }

  /** Their bytes may change from now on: what was foreseen is void, but in a batch. */
  end (): void {
    if (this.isTold && this.batch.end === 0) this.tell(NOTHING, 0)
  }

  /** Looks at the requests that begin at `at`, and in a batch at those of the next connections. */
  look (reading: Reading, input: Buffer, at: number, ownEnd: number): void {
    const { ahead, batch } = this
    const isInBatch = input === batch.bytes && batch.end > ownEnd
    const end = isInBatch ? batch.end : ownEnd
    this.input = isInBatch ? input : NOTHING
    if (end - at < LEAST_BYTES) {
      this.until = end
      return
    }
    ahead.clear()
    this.told = NOTHING
    let next = at
    if (reading === Reading.FRAME) next = foreseeFrames(input, at, end, ahead)
    else if (reading === Reading.LINE) next = foreseeLines(input, at, end, ahead)
    else if (reading === Reading.KEYS) next = foreseeKeys(input, at, end, ahead)
    this.until = next > at ? next : at + 1
    if (ahead.count > 1) this.tell(input, ahead.count)
  }

  /** In a get line: what ends the key at `start`, and is before `end`; -1 if it is not known. */
  endOfKey (input: Buffer, start: number, end: number): number {
    if (input !== this.told) return -1
    const { starts, ends, count } = this.ahead
    while (this.next < count && starts[this.next] < start) this.next++
    if (this.next === count || starts[this.next] !== start) return -1
    const keyEnd = ends[this.next]
    const at = input[keyEnd] === RETURN ? keyEnd + 1 : keyEnd
    return at < end ? at : -1
  }

  private tell (input: Buffer, count: number): void {
    const { starts, ends, stored } = this.ahead
    this.isTold = count > 0
    this.told = input
    this.next = 0
    this.guard.foresee(input, starts, ends, count, stored)
  }
}
