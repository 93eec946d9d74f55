import { State, Status, type Administered, type Op, type Scanner } from '@memplug/engine'
import { FeaturedMap } from './engines.js'

/** What a scan tells of one item. */
export interface Scanned {
  key: string
  value?: number
  flags?: number
  expires?: number
  used?: number
  cas?: bigint
  isFetched?: boolean
  itemClass?: number
  size?: number
}

/** A map that can be walked over, and tells what the test says; it takes down what it is told. */
export class ScanningMap extends FeaturedMap implements Scanner, Administered {
  readonly obeyed: string[] = []
  items: Scanned[] = []
  readonly isLate: boolean

  constructor (isLate = false) {
    super(isLate ? ['cas', 'scan', 'admin', 'async'] : ['cas', 'scan', 'admin'])
    this.isLate = isLate
  }

  scan (op: Op, cursor: number): number | Promise<number> {
    const item = this.items[cursor]
    if (item === undefined) return this.#soon(0)
    op.key = Buffer.from(item.key, 'latin1')
    op.keyStart = op.valueStart = 0
    op.keyEnd = op.key.length
    op.valueEnd = item.value ?? 0
    op.itemFlags = (item.flags ?? 0) | 0
    op.itemExpires = item.expires ?? 0
    op.itemUsed = item.used ?? 2
    op.itemState = item.isFetched === true ? State.FETCHED : 0
    op.itemCasLow = Number(BigInt.asIntN(32, item.cas ?? 1n))
    op.itemCasHigh = Number(BigInt.asIntN(32, (item.cas ?? 1n) >> 32n))
    op.itemClass = item.itemClass ?? 0
    op.itemSize = item.size ?? 0
    return this.#soon(cursor + 1)
  }

  administer (words: readonly string[], tell: (line: string) => void) {
    this.obeyed.push(words.join(' '))
    tell('OK')
    return Status.SUCCESS
  }

  #soon (next: number): number | Promise<number> {
    return this.isLate ? Promise.resolve(next) : next
  }
}
