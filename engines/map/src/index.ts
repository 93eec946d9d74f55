import { API_VERSION, BaseEngine, Status, Store } from '@memplug/engine'
import type { AddStat, EngineInfo, Op } from '@memplug/engine'

interface Entry { value: Buffer, flags: number, expires: number, cas: number }

const info: EngineInfo = {
  apiVersion: API_VERSION, name: 'map', version: '0.1.0', features: ['cas']
}

/** Keeps items in a Map. */
export class MapEngine extends BaseEngine {
  #entries = new Map<string, Entry>()
  #cas = 0

  getInfo () {
    return info
  }

  override destroy () {
    return this.flush()
  }

  override getStats (group: string, add: AddStat) {
    if (group === '') add('curr_items', this.#entries.size)
    return super.getStats(group, add)
  }

  get (op: Op) {
    const entry = this.#find(op)
    return entry ? tell(op, entry) : Status.NOT_FOUND
  }

  store (op: Op) {
    const old = this.#find(op)
    if (op.compare && !old) return Status.NOT_FOUND
    if (op.compare && old && !isSame(op, old)) return Status.EXISTS
    if (old ? op.mode === Store.ADD : op.mode >= Store.REPLACE) return Status.NOT_STORED
    let { value, flags, expires } = op
    if (old && op.mode >= Store.APPEND) {
      ({ flags, expires } = old)
      value = Buffer.concat(op.mode === Store.APPEND ? [old.value, value] : [value, old.value])
    }
    const fits = this.testCapacity(op.keyEnd - op.keyStart, value.length)
    if (fits !== Status.SUCCESS) return fits
    const entry = { value, flags, expires, cas: ++this.#cas }
    this.#entries.set(keyOf(op), entry)
    return tell(op, entry)
  }

  remove (op: Op) {
    const entry = this.#find(op)
    if (!entry) return Status.NOT_FOUND
    if (op.compare && !isSame(op, entry)) return Status.EXISTS
    this.#entries.delete(keyOf(op))
    return Status.SUCCESS
  }

  override touch (op: Op) {
    const entry = this.#find(op)
    if (!entry) return Status.NOT_FOUND
    entry.expires = op.expires
    return tell(op, entry)
  }

  flush () {
    this.#entries.clear()
    return Status.SUCCESS
  }

  #find (op: Op): Entry | undefined {
    const entry = this.#entries.get(keyOf(op))
    if (!entry || entry.expires === 0 || entry.expires > this.host.now()) return entry
    this.#entries.delete(keyOf(op))
    return undefined
  }
}

export const createEngine = () => new MapEngine()
export default createEngine

const keyOf = (op: Op) => op.key.toString('latin1', op.keyStart, op.keyEnd)
const highHalf = (cas: number) => Math.floor(cas / 2 ** 32)
const isSame = (op: Op, { cas }: Entry) => op.casLow === (cas | 0) && op.casHigh === highHalf(cas)

function tell (op: Op, entry: Entry) {
  op.value = entry.value
  op.valueStart = 0
  op.valueEnd = entry.value.length
  op.itemFlags = entry.flags
  op.itemExpires = entry.expires
  op.itemCasLow = entry.cas | 0
  op.itemCasHigh = highHalf(entry.cas)
  return Status.SUCCESS
}
