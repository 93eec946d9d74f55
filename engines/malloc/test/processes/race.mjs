/**
 * Threads set, get and remove a few keys, in a memory that is far too small for them, with
 * values small and large. Every value is one byte again and again, after its own checksum.
 * Given a number of megabytes again and again, the first thread limits the memory to one of these
 * after another meanwhile. Prints what it came to as JSON; an error in any thread ends the process.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'
import { Op, Status, Store } from '@memplug/engine'
import { TestHost } from '@memplug/engine-kit'
import { createEngine } from '../../dist/index.js'

const THREADS = 4
const ROUNDS = 30_000
const LIMITS = process.argv.slice(2)
const KEYS = LIMITS.length > 0 ? 4000 : 400
const MEMORY = LIMITS.length > 0 ? 16 << 20 : 3 << 20

const engine = createEngine()
const thread = isMainThread ? 0 : workerData.thread
const host = new TestHost({ memoryLimit: MEMORY }, {}, undefined, { thread, threads: THREADS })
host.shared = isMainThread ? undefined : workerData.shared
engine.initialize(host)

const op = new Op()
op.key = Buffer.alloc(16)
const counts = { hits: 0, sets: 0, refused: 0 }

function name (key) {
  op.keyEnd = op.key.latin1Write(`key-${key}`, 0)
}

function set (key, size, byte) {
  name(key)
  op.size = size
  op.mode = Store.SET
  counts.sets++
  if (engine.allocate(op) !== Status.SUCCESS) {
    counts.refused++
    return
  }
  op.value.fill(byte, op.valueStart, op.valueEnd)
  op.value.writeInt32LE(checksum(key, size, byte), op.valueStart)
  if (engine.store(op) !== Status.SUCCESS) throw new Error('not stored')
  engine.release(op)
}

function checksum (key, size, byte) {
  return Math.imul(key * 31 + size, 0x9e3779b1) ^ byte
}

function check (key) {
  name(key)
  op.mode = 0
  if (engine.get(op) !== Status.SUCCESS) return
  const size = op.valueEnd - op.valueStart
  const byte = size > 4 ? op.value[op.valueEnd - 1] : 0
  let torn = op.value.readInt32LE(op.valueStart) !== checksum(key, size, byte)
  for (let i = op.valueStart + 4; i < op.valueEnd; i++) torn ||= op.value[i] !== byte
  if (torn) throw new Error(`a torn value of ${size} bytes`)
  engine.release(op)
  counts.hits++
}

function run () {
  for (let round = 0; round < ROUNDS; round++) {
    const key = Math.floor(Math.random() * KEYS)
    const kind = Math.random()
    if (kind < 0.5) check(key)
    else if (kind < 0.55) {
      name(key)
      engine.remove(op)
    } else {
      const size = kind < 0.56 ? 100_000 + Math.random() * 400_000 : 5 + 40_000 * Math.random() ** 6
      set(key, Math.floor(size), 1 + Math.floor(Math.random() * 255))
    }
  }
}

/** Has the memory limited to one after another of the limits, until the others are done, too. */
async function limit (done) {
  let isDone = false
  done.then(() => { isDone = true })
  let count = 0
  while (!isDone) {
    engine.administer(['cache_memlimit', LIMITS[count % LIMITS.length]], answer => {
      if (answer !== 'OK') throw new Error(answer)
    })
    const wanted = LIMITS[count % LIMITS.length] << 20
    // A page that is being given up keeps what reaches into it: the last limit is awaited too.
    while (readExtents().mapped !== wanted) await sleep(5)
    count++
  }
  return count
}

function readExtents () {
  const stats = {}
  engine.getStats('extents', (stat, value) => { stats[stat] = value })
  return stats
}

if (isMainThread) {
  const workers = Array.from({ length: THREADS - 1 }, (_, i) =>
    new Worker(new URL(import.meta.url), {
      argv: LIMITS, workerData: { thread: i + 1, shared: host.shared }
    }))
  const results = workers.map(worker => new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  }))
  const limits = LIMITS.length > 0 ? await limit(Promise.all(results)) : run()
  const all = [counts, ...await Promise.all(results)]
  for (let key = 0; key < KEYS; key++) {
    check(key)
    name(key)
    engine.remove(op)
  }
  const stats = readExtents()
  engine.getStats('', (stat, value) => { stats[stat] = value })
  const sum = field => all.reduce((total, each) => total + each[field], 0)
  console.log(JSON.stringify({
    hits: sum('hits'),
    sets: sum('sets'),
    refused: sum('refused'),
    evictions: stats.evictions,
    windows: stats.windows,
    limits,
    items: stats.curr_items,
    active: stats.active
  }))
} else {
  run()
  parentPort.postMessage(counts)
}
