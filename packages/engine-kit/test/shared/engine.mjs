import { API_VERSION, Arithmetic, BaseEngine, Status, Store, u64 } from '@memplug/engine'

const info = {
  apiVersion: API_VERSION, name: 'shared', version: '0.1.0', features: ['cas', 'shared']
}

// Words of the memory: the lock and the last cas, then those of each slot.
const LOCK = 0
const CAS = 1
const HEADER = 2
const [USED, KEY_END, VALUE_END, FLAGS, EXPIRES, ITEM_CAS, WORDS] = [0, 1, 2, 3, 4, 5, 6]
const SLOTS = 4096
const SLOT_SIZE = 8192
const BYTES = (HEADER + SLOTS * WORDS) * 4

/** Items of up to 8 KiB in slots of shared memory, under one lock. A get copies the value. */
export class SharedEngine extends BaseEngine {
  getInfo () {
    return info
  }

  initialize (host) {
    const status = super.initialize(host)
    if (host.thread === 0) host.shared = new SharedArrayBuffer(BYTES + SLOTS * SLOT_SIZE)
    this.words = new Int32Array(host.shared, 0, BYTES / 4)
    this.bytes = Buffer.from(host.shared, BYTES)
    return status
  }

  lock () {
    while (Atomics.compareExchange(this.words, LOCK, 0, 1) !== 0) {
      Atomics.wait(this.words, LOCK, 1, 1)
    }
  }

  unlock () {
    Atomics.store(this.words, LOCK, 0)
    Atomics.notify(this.words, LOCK, 1)
  }

  locked (work) {
    this.lock()
    try {
      return work()
    } finally {
      this.unlock()
    }
  }

  /** A slot that has the key, or else the negative of what follows a free one. */
  find (op) {
    const key = op.key.subarray(op.keyStart, op.keyEnd)
    let free = 0
    for (let slot = 0; slot < SLOTS; slot++) {
      const at = HEADER + slot * WORDS
      if (this.words[at + USED] === 0) {
        if (free === 0) free = -1 - slot
        if (this.words[at + KEY_END] === 0) break
        continue
      }
      const start = slot * SLOT_SIZE
      if (key.equals(this.bytes.subarray(start, start + this.words[at + KEY_END]))) return slot
    }
    return free
  }

  write (op, slot, value, flags, expires) {
    const at = HEADER + slot * WORDS
    const start = slot * SLOT_SIZE
    const keyLength = op.key.copy(this.bytes, start, op.keyStart, op.keyEnd)
    value.copy(this.bytes, start + keyLength)
    this.words.set([1, keyLength, keyLength + value.length, flags, expires, ++this.words[CAS]], at)
    return this.tell(op, slot)
  }

  tell (op, slot) {
    const at = HEADER + slot * WORDS
    const start = slot * SLOT_SIZE
    const words = this.words.subarray(at, at + WORDS)
    op.value = Buffer.from(this.bytes.subarray(start + words[KEY_END], start + words[VALUE_END]))
    op.valueStart = 0
    op.valueEnd = op.value.length
    op.itemFlags = words[FLAGS]
    op.itemExpires = words[EXPIRES]
    op.itemCasLow = words[ITEM_CAS]
    op.itemCasHigh = 0
    return Status.SUCCESS
  }

  get (op) {
    return this.locked(() => {
      const slot = this.find(op)
      return slot < 0 ? Status.NOT_FOUND : this.tell(op, slot)
    })
  }

  store (op) {
    return this.locked(() => {
      const slot = this.find(op)
      const item = HEADER + slot * WORDS
      if (op.compare && slot < 0) return Status.NOT_FOUND
      const isSame = op.casLow === this.words[item + ITEM_CAS] && op.casHigh === 0
      if (op.compare && !isSame) return Status.EXISTS
      if (slot < 0 ? op.mode >= Store.REPLACE : op.mode === Store.ADD) return Status.NOT_STORED
      if (slot < 0) return this.write(op, -1 - slot, op.value, op.flags, op.expires)
      if (op.mode < Store.APPEND) return this.write(op, slot, op.value, op.flags, op.expires)
      const { value } = op
      this.tell(op, slot)
      const parts = op.mode === Store.APPEND ? [op.value, value] : [value, op.value]
      return this.write(op, slot, Buffer.concat(parts), op.itemFlags, op.itemExpires)
    })
  }

  remove (op) {
    return this.locked(() => {
      const slot = this.find(op)
      if (slot < 0) return Status.NOT_FOUND
      this.words[HEADER + slot * WORDS + USED] = 0
      return Status.SUCCESS
    })
  }

  arithmetic (op) {
    return this.locked(() => {
      const slot = this.find(op)
      if (slot < 0) return Status.NOT_FOUND
      this.tell(op, slot)
      if (!u64.parse(op.value, 0, op.valueEnd)) return Status.NOT_NUMERIC
      if ((op.mode & Arithmetic.DECREMENT) !== 0) return Status.NOT_SUPPORTED
      u64.add(u64.low, u64.high, op.deltaLow, op.deltaHigh)
      op.resultLow = u64.low
      op.resultHigh = u64.high
      const value = Buffer.alloc(u64.countDigits(op.resultLow, op.resultHigh))
      u64.print(value, value.length, op.resultLow, op.resultHigh)
      return this.write(op, slot, value, op.itemFlags, op.itemExpires)
    })
  }

  flush () {
    return this.locked(() => {
      this.words.fill(0, HEADER)
      return Status.SUCCESS
    })
  }
}

export const createEngine = () => new SharedEngine()
