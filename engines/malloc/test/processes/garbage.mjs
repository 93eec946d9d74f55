/** Prints, as JSON, the bytes of garbage that each operation makes. Needs --expose-gc. */
import { Memory } from '@memplug/arena'
import { Op, Status, Store } from '@memplug/engine'
import { TestHost } from '@memplug/engine-kit'
import { Heap } from '../../dist/heap.js'
import { createEngine } from '../../dist/index.js'
import { garbageOf } from '../../../../test/support/garbage-of.mjs'

const CALLS = 100_000
const LIVE = 5000

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
  replace: garbageOf(replace, CALLS),
  set: garbageOf(set, CALLS),
  control: garbageOf(control, CALLS),
  sink
}))
engine.destroy()
