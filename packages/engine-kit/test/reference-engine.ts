import {
  API_VERSION, Arithmetic, BaseEngine, Get, Remove, State, Status, Store, u64
} from '@memplug/engine'
import type { AddStat, EngineInfo, Foreseeing, Host, Op, Scanner } from '@memplug/engine'

/** An item, or room for one. It lives while it is linked or held. */
export interface Entry {
  readonly key: Buffer
  value: Buffer
  flags: number
  expires: number
  used: number
  state: number
  casLow: number
  casHigh: number
  isLinked: boolean
  holds: number
  number: number
}

/** Beside key and value. */
const OVERHEAD = 100

/**
 * All features that one thread can have, in the plainest way: a map in the order of use, with
 * its bytes counted. Each step is a method, for the broken engines to override.
 */
export class ReferenceEngine extends BaseEngine implements Foreseeing, Scanner {
  readonly entries = new Map<string, Entry>()
  bytes = 0
  links = 0
  casLow = 0
  casHigh = 0

  getInfo (): EngineInfo {
    const features = ['cas', 'lru', 'meta', 'scan', 'foresight'] as const
    return { apiVersion: API_VERSION, name: 'reference', version: '0.1.0', features }
  }

  override initialize (host: Host): Status {
    this.empty()
    return super.initialize(host) as Status
  }

  empty (): void {
    this.entries.clear()
    this.bytes = 0
  }

  override getStats (group: string, add: AddStat): Status {
    if (group === '') add('bytes', this.bytes)
    return super.getStats(group, add) as Status
  }

  override testCapacity (keyLength: number, valueLength: number): Status {
    const size = keyLength + valueLength + OVERHEAD
    return size <= this.host.settings.maxItemSize ? Status.SUCCESS : Status.TOO_LARGE
  }

  override allocate (op: Op): Status {
    const status = this.testCapacity(op.keyEnd - op.keyStart, op.size)
    if (status !== Status.SUCCESS) return status
    const entry = this.make(op, op.size)
    if (entry === undefined) return Status.NO_MEMORY
    entry.flags = op.flags
    entry.expires = op.expires
    return this.hold(op, entry)
  }

  override release (op: Op): void {
    const entry = op.item as Entry
    entry.holds--
    this.reclaim(entry)
  }

  store (op: Op): Status {
    const old = this.find(op)
    if (op.compare && old === undefined) return Status.NOT_FOUND
    let isStale = false
    if (op.compare && old !== undefined && !this.isSame(op, old)) {
      isStale = (op.mode & Store.INVALIDATE) !== 0 && this.isOlder(op, old)
      if (!isStale) return Status.EXISTS
    }
    const kind = op.mode & Store.KIND
    const creates = kind <= Store.ADD || (kind >= Store.APPEND && (op.mode & Store.CREATE) !== 0)
    if (old === undefined ? !creates : kind === Store.ADD) return Status.NOT_STORED
    return this.storeOver(op, old, isStale)
  }

  storeOver (op: Op, old: Entry | undefined, isStale: boolean): Status {
    const entry = op.item as Entry
    const kind = op.mode & Store.KIND
    if (kind >= Store.APPEND) {
      if (old === undefined) entry.expires = op.createExpires
      else {
        const status = this.join(entry, old, kind)
        if (status !== Status.SUCCESS) return status
      }
    }
    this.link(op, entry)
    if (isStale) entry.state |= State.STALE
    return this.tell(op, entry)
  }

  join (entry: Entry, old: Entry, kind: number): Status {
    const value = Buffer.concat(
      kind === Store.APPEND ? [old.value, entry.value] : [entry.value, old.value])
    const status = this.testCapacity(entry.key.length, value.length)
    if (status !== Status.SUCCESS) return status
    if (!this.makeRoom(old.value.length, old)) return Status.NO_MEMORY
    this.bytes += old.value.length
    entry.value = value
    entry.flags = old.flags
    entry.expires = old.expires
    return Status.SUCCESS
  }

  get (op: Op): Status {
    const entry = this.find(op)
    if (entry === undefined) {
      return (op.mode & Get.VIVIFY) !== 0 ? this.vivify(op) : Status.NOT_FOUND
    }
    if ((op.mode & Get.TOUCH) !== 0) entry.expires = op.expires
    this.tell(op, entry)
    this.claim(op, entry)
    if ((op.mode & Get.PEEK) === 0) this.use(entry)
    return this.hold(op, entry)
  }

  vivify (op: Op): Status {
    const entry = this.make(op, 0)
    if (entry === undefined) return Status.NO_MEMORY
    entry.expires = op.createExpires
    this.link(op, entry)
    entry.state = State.CLAIMED
    this.tell(op, entry)
    op.itemState = State.CLAIMED | State.WON
    return this.hold(op, entry)
  }

  /** A stale item is won by the first get of any kind. */
  claim (op: Op, entry: Entry): void {
    if ((op.mode & Get.PEEK) !== 0 || (entry.state & State.CLAIMED) !== 0) return
    const ends = (op.mode & Get.RECACHE) !== 0 &&
      (op.recache < 0 || (entry.expires !== 0 && entry.expires < op.recache))
    if (!ends && (entry.state & State.STALE) === 0) return
    entry.state |= State.CLAIMED
    op.itemState |= State.CLAIMED | State.WON
  }

  override touch (op: Op): Status {
    const entry = this.find(op)
    if (entry === undefined) return Status.NOT_FOUND
    entry.expires = op.expires
    this.tell(op, entry)
    this.use(entry)
    return this.hold(op, entry)
  }

  remove (op: Op): Status {
    const entry = this.find(op)
    if (entry === undefined) return Status.NOT_FOUND
    if (op.compare && !this.isSame(op, entry)) return Status.EXISTS
    if ((op.mode & (Remove.STALE | Remove.EMPTY)) === 0) this.unlink(entry)
    else this.invalidate(op, entry)
    return Status.SUCCESS
  }

  invalidate (op: Op, entry: Entry): void {
    if ((op.mode & Remove.EMPTY) !== 0) entry.state = 0
    if ((op.mode & Remove.STALE) !== 0) {
      entry.state = (entry.state | State.STALE) & ~State.CLAIMED
      this.setCas(op, entry)
    }
    if ((op.mode & Remove.EMPTY) !== 0) {
      this.bytes -= entry.value.length
      entry.value = Buffer.alloc(0)
      entry.flags = 0
      entry.expires = 0
      this.setCas(op, entry)
    }
    if ((op.mode & Remove.TOUCH) !== 0) entry.expires = op.expires
  }

  override arithmetic (op: Op): Status {
    const old = this.find(op)
    if (old === undefined) {
      if ((op.mode & Arithmetic.CREATE) === 0) return Status.NOT_FOUND
      u64.add(op.initialLow, op.initialHigh, 0, 0)
      return this.putNumber(op, undefined, 0, op.createExpires)
    }
    if (op.compare && !this.isSame(op, old)) return Status.EXISTS
    if (!this.parse(old.value)) return Status.NOT_NUMERIC
    this.count(op)
    const touches = (op.mode & Arithmetic.TOUCH) !== 0
    return this.putNumber(op, old, old.flags, touches ? op.expires : old.expires)
  }

  parse (value: Buffer): boolean {
    let end = value.length
    while (end > 0 && value[end - 1] === 32) end--
    return u64.parse(value, 0, end)
  }

  count (op: Op): void {
    const { low, high } = u64
    if ((op.mode & Arithmetic.DECREMENT) === 0) u64.add(low, high, op.deltaLow, op.deltaHigh)
    else u64.subtract(low, high, op.deltaLow, op.deltaHigh)
  }

  putNumber (op: Op, old: Entry | undefined, flags: number, expires: number): Status {
    const { low, high } = u64
    const value = Buffer.alloc(u64.countDigits(low, high))
    u64.print(value, value.length, low, high)
    const entry = this.make(op, value.length)
    if (entry === undefined) return Status.NO_MEMORY
    Object.assign(entry, { value, flags, expires, used: old?.used ?? 0, state: old?.state ?? 0 })
    const { used, state } = entry
    this.link(op, entry)
    Object.assign(entry, old && { used, state })
    this.tell(op, entry)
    op.resultLow = low
    op.resultHigh = high
    this.use(entry)
    return this.hold(op, entry)
  }

  flush (): Status {
    for (const entry of [...this.entries.values()]) this.unlink(entry)
    return Status.SUCCESS
  }

  /** In the order of the numbers that link() gives. */
  scan (op: Op, cursor: number): number {
    let entry: Entry | undefined
    for (const each of this.entries.values()) {
      if (each.number >= cursor && !(entry && entry.number < each.number)) entry = each
    }
    if (entry === undefined) return 0
    this.tell(op, entry)
    op.key = entry.key
    op.keyStart = 0
    op.keyEnd = entry.key.length
    return entry.number + 1
  }

  nameOf (op: Op): string {
    return op.key.toString('latin1', op.keyStart, op.keyEnd)
  }

  isGone (entry: Entry): boolean {
    return entry.expires !== 0 && entry.expires <= this.host.now()
  }

  /** It has nothing to fetch. */
  foresee (_key: Buffer, _starts: Int32Array, _ends: Int32Array, _count: number): void {}

  find (op: Op): Entry | undefined {
    const entry = this.entries.get(this.nameOf(op))
    if (entry === undefined || !this.isGone(entry)) return entry
    this.unlink(entry)
    return undefined
  }

  isSame (op: Op, entry: Entry): boolean {
    return op.casLow === entry.casLow && op.casHigh === entry.casHigh
  }

  isOlder (op: Op, entry: Entry): boolean {
    return u64.isLess(op.casLow, op.casHigh, entry.casLow, entry.casHigh)
  }

  /** An entry with one hold less than it will have. */
  make (op: Op, size: number): Entry | undefined {
    const key = Buffer.from(op.key.subarray(op.keyStart, op.keyEnd))
    const need = key.length + size + OVERHEAD
    if (!this.makeRoom(need)) return undefined
    this.bytes += need
    return {
      key, value: Buffer.alloc(size), flags: 0, expires: 0, used: 0, state: 0,
      casLow: 0, casHigh: 0, isLinked: false, holds: 0, number: 0
    }
  }

  makeRoom (need: number, but?: Entry): boolean {
    const { memoryLimit, evictions } = this.host.settings
    for (const entry of this.entries.values()) {
      if (this.bytes + need <= memoryLimit) return true
      if (entry.holds === 0 && entry !== but && (evictions || this.isGone(entry))) {
        this.unlink(entry)
      }
    }
    return this.bytes + need <= memoryLimit
  }

  link (op: Op, entry: Entry): void {
    const name = this.nameOf(op)
    const old = this.entries.get(name)
    if (old !== undefined && old !== entry) this.unlink(old)
    this.entries.set(name, entry)
    entry.isLinked = true
    entry.number = ++this.links
    entry.used = this.host.now()
    this.setCas(op, entry)
  }

  setCas (op: Op, entry: Entry): void {
    u64.add(this.casLow, this.casHigh, 1, 0)
    this.casLow = u64.low
    this.casHigh = u64.high
    entry.casLow = op.setCas ? op.newCasLow : u64.low
    entry.casHigh = op.setCas ? op.newCasHigh : u64.high
  }

  unlink (entry: Entry): void {
    this.entries.delete(entry.key.toString('latin1'))
    entry.isLinked = false
    this.reclaim(entry)
  }

  reclaim (entry: Entry): void {
    if (entry.isLinked || entry.holds > 0) return
    this.bytes -= entry.key.length + entry.value.length + OVERHEAD
  }

  use (entry: Entry): void {
    entry.state |= State.FETCHED
    entry.used = this.host.now()
    const name = entry.key.toString('latin1')
    this.entries.delete(name)
    this.entries.set(name, entry)
  }

  hold (op: Op, entry: Entry): Status {
    entry.holds++
    op.item = entry
    op.value = entry.value
    op.valueStart = 0
    op.valueEnd = entry.value.length
    return Status.SUCCESS
  }

  tell (op: Op, entry: Entry): Status {
    op.item = entry
    op.value = entry.value
    op.valueStart = 0
    op.valueEnd = entry.value.length
    op.itemFlags = entry.flags
    op.itemExpires = entry.expires
    op.itemUsed = entry.used
    op.itemState = entry.state
    op.itemCasLow = entry.casLow
    op.itemCasHigh = entry.casHigh
    return Status.SUCCESS
  }
}

/** Keeps its items, as if on a disk. */
export class PersistentEngine extends ReferenceEngine {
  override getInfo (): EngineInfo {
    const info = super.getInfo()
    return { ...info, features: [...info.features, 'persistent'] }
  }

  override empty (): void {}
}
