import { Op, Status } from '@memplug/engine'
import type { Call } from './dirt.js'

const TOLD_FIRST = 'item'
/** An Op's first half. */
const ASKED = (Object.keys(new Op()) as Array<keyof Op>)
  .filter((_field, at, all) => at < all.indexOf(TOLD_FIRST))

/** What an engine may not change during a call. */
export class Snapshot {
  /** Names what the engine changed; undefined if it left all as it was. */
  readonly changes: () => string | undefined

  constructor (op: Op, hold: Hold | undefined) {
    const key = op.key.subarray(op.keyStart, op.keyEnd)
    const bytes = Buffer.from(key)
    const asked = ASKED.map(field => op[field])
    hold?.keep()
    this.changes = () => {
      const field = ASKED.find((each, at) => op[each] !== asked[at])
      if (field !== undefined) return `op.${field}`
      if (!key.equals(bytes)) return 'the key'
      // Of a hold that moved, the old bytes may be anyone's by now.
      if (hold === undefined || !hold.isStillAt(op)) return undefined
      return hold.isUnchanged() ? undefined : 'the value'
    }
  }
}

/** An item as it was told, with a copy of its bytes. */
export class Hold {
  readonly item: unknown
  readonly #op: Op
  readonly #value: Buffer
  readonly #start: number
  readonly #end: number
  #copy: Buffer | undefined

  /** Of an allocation the bytes are kept later, when they have been written. */
  constructor (op: Op, isAllocation: boolean) {
    this.#op = op
    this.item = op.item
    this.#value = op.value
    this.#start = op.valueStart
    this.#end = op.valueEnd
    if (!isAllocation && this.#hasRange()) this.keep()
  }

  isStillAt ({ item, value, valueStart, valueEnd }: Op): boolean {
    return item === this.item && value === this.#value && valueStart === this.#start &&
      valueEnd === this.#end
  }

  /** Copies the bytes as they are now. */
  keep (): void {
    this.#copy = Buffer.from(this.#bytes())
  }

  isUnchanged (): boolean {
    return this.#copy === undefined || this.#copy.equals(this.#bytes())
  }

  /** What is wrong with how the item was told; undefined if nothing is. */
  faultOf (call: Call, status: Status, tellsCas: boolean, meta: boolean): string | undefined {
    const op = this.#op
    if (!this.#hasRange()) {
      return `told no range of a Buffer: ${this.#start} to ${this.#end} of ` +
        (Buffer.isBuffer(this.#value) ? `${this.#value.length} bytes` : String(this.#value))
    }
    if (call === 'allocate') {
      return this.#end - this.#start === op.size
        ? undefined
        : `gave ${this.#end - this.#start} bytes for ${op.size}`
    }
    if (status !== Status.SUCCESS) return undefined
    if (tellsCas && op.itemCasLow === 0 && op.itemCasHigh === 0) return 'told the cas 0'
    const wide = numbersTold(call, tellsCas, meta).find(field => !isInt32(op[field]))
    return wide && `told no int32 in op.${wide}: ${String(op[wide])}`
  }

  #bytes (): Buffer {
    return this.#value.subarray(this.#start, this.#end)
  }

  #hasRange (): boolean {
    return Buffer.isBuffer(this.#value) && isInt32(this.#start) && isInt32(this.#end) &&
      this.#start >= 0 && this.#start <= this.#end && this.#end <= this.#value.length
  }
}

function numbersTold (call: Call, tellsCas: boolean, meta: boolean): Array<keyof Op> {
  const fields: Array<keyof Op> = tellsCas ? ['itemCasLow', 'itemCasHigh'] : []
  if (call === 'store') return fields
  fields.push('itemFlags', 'itemExpires')
  if (meta) fields.push('itemUsed', 'itemState')
  if (call === 'arithmetic') fields.push('resultLow', 'resultHigh')
  return fields
}

function isInt32 (value: unknown): boolean {
  return typeof value === 'number' && value === (value | 0)
}
