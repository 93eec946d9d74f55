/** Prints, as JSON, the bytes of garbage that each operation makes. Needs --expose-gc. */
import { Memory } from '@memplug/arena'
import { Op, Status, Store } from '@memplug/engine'
import { TestHost } from '@memplug/engine-kit'
import { Heap } from '../../dist/heap.js'
import { createEngine } from '../../dist/index.js'

const TIMES = 20_000
const ROUNDS = 12
const LIVE = 5000

/** The least of several rounds: the first ones are not yet compiled. */
function measure (operation) {
  for (let i = 0; i < 5 * TIMES; i++) operation(i)
  let least = Infinity
  for (let round = 0; round < ROUNDS; round++) {
    globalThis.gc()
    const before = process.memoryUsage().heapUsed
    for (let i = 0; i < TIMES; i++) operation(i)
    least = Math.min(least, process.memoryUsage().heapUsed - before)
  }
  return least / TIMES
}

const memory = new Memory(Memory.reserve(64))
const heap = new Heap(Heap.reserve(64), memory)
const refs = new Int32Array(LIVE)
const SIZES = [60, 100, 700, 3000, 8000, 9000, 20_000]

function replace (i) {
  const at = i % LIVE
  if (refs[at] !== 0) heap.free(refs[at])
  refs[at] = heap.allocate(SIZES[i % SIZES.length])
}

const engine = createEngine()
engine.initialize(new TestHost({ memoryLimit: 2 << 20 }))
const op = new Op()
op.key = Buffer.alloc(8)
op.keyEnd = 8

/** In a full memory: every one evicts, and some clear a window. */
function set (i) {
  op.key.writeInt32LE(i, 0)
  op.size = SIZES[i % SIZES.length]
  op.mode = Store.SET
  if (engine.allocate(op) !== Status.SUCCESS) throw new Error('not allocated')
  if (engine.store(op) !== Status.SUCCESS) throw new Error('not stored')
  engine.release(op)
}

let sink
const control = i => { sink = { i } }

console.log(JSON.stringify({
  replace: measure(replace), set: measure(set), control: measure(control), sink
}))
engine.destroy()
