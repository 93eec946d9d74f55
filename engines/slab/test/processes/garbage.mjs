/**
 * Prints, as JSON, the bytes of garbage that each function makes per call; the arguments are the
 * number of threads to be ready for, and slab_chunk_max.
 */
import { Arithmetic, Op, Store } from '@memplug/engine'
import { createEngine } from '@memplug/slab'
import { garbageOf } from '../../../../test/support/garbage-of.mjs'

const CALLS = 200_000
const KEYS = 1000

const engine = createEngine()
engine.initialize({
  settings: {
    memoryLimit: 2 << 20, maxItemSize: 1 << 20, maxKeySize: 250, evictions: true, cas: true,
    growthFactor: 1.25, minItemSpace: 48
  },
  config: { slab_chunk_max: process.argv[3] },
  epoch: 0, thread: 0, threads: Number(process.argv[2]), shared: undefined,
  now: () => 2, log () {}
})
const op = new Op()
op.key = Buffer.from('get key 000000\r\n')

function ask (number) {
  op.keyStart = 4
  op.keyEnd = 14
  for (let at = 13; at > 7; at--) {
    op.key[at] = 48 + number % 10
    number = (number / 10) | 0
  }
  op.mode = 0
  op.compare = false
  op.flags = 0
  op.expires = 0
}

function store (number, size, mode) {
  ask(number)
  op.size = size
  engine.allocate(op)
  for (let at = op.valueStart; at < op.valueEnd; at++) op.value[at] = 49
  op.mode = mode
  engine.store(op)
  engine.release(op)
}

let sink
const calls = {
  /** Proves that garbage is seen. */
  control (i) { sink = { i } },
  empty: i => ask(i % KEYS),
  set: i => store(i % KEYS, 100, Store.SET),
  get (i) {
    ask(i % KEYS)
    if (engine.get(op) === 0) engine.release(op)
  },
  touch (i) {
    ask(i % KEYS)
    op.expires = i % 2 * 1000
    if (engine.touch(op) === 0) engine.release(op)
  },
  miss (i) {
    ask(i % KEYS + 900_000)
    engine.get(op)
  },
  evict: i => store(i % 300_000, 100, Store.SET),
  /** Of several chunks, if they are small. */
  evictLarge (i) {
    ask(i % 10_000)
    op.size = 1500 + i % 7 * 1000
    engine.allocate(op)
    op.mode = Store.SET
    engine.store(op)
    engine.release(op)
  },
  remove (i) {
    store(i % KEYS, 10, Store.SET)
    engine.remove(op)
  },
  append (i) {
    if (i % 100 === 0) store(i / 100 % KEYS, 1, Store.SET)
    store((i / 100 | 0) % KEYS, 1, Store.APPEND)
  },
  incr (i) {
    if (i === 0) store(1, 9, Store.SET)
    ask(1)
    op.deltaLow = i
    if (engine.arithmetic(op) === 0) engine.release(op)
  },
  /** Held by somebody, so that each count goes to a new item. */
  supersede (i) {
    ask(1)
    engine.get(op)
    const { item } = op
    ask(1)
    op.mode = Arithmetic.INCREMENT
    op.deltaLow = i
    if (engine.arithmetic(op) === 0) engine.release(op)
    op.item = item
    engine.release(op)
  }
}

const garbage = {}
for (const [name, call] of Object.entries(calls)) garbage[name] = garbageOf(call, CALLS)
process.stdout.write(JSON.stringify(garbage))
if (sink === undefined) throw new Error('nothing was done')
