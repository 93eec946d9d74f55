/** One thread of a test: does the task it is told with an engine over the shared items. */
import { parentPort, workerData } from 'node:worker_threads'
import { Op, Status, Store } from '@memplug/engine'
import { createEngine } from '@memplug/slab'

const { task, thread, threads, settings, shared, ready, times } = workerData
const engine = createEngine()
const host = {
  settings, config: {}, epoch: 0, thread, threads, shared, now: () => 2, log () {}
}
engine.initialize(host)
const op = new Op()
const fewKeys = Array.from({ length: 16 }, (_, i) => Buffer.from(`key ${i}`))
let random = thread * 7919 + 1

function ask (key) {
  op.key = key
  op.keyStart = 0
  op.keyEnd = key.length
  op.mode = 0
  op.compare = false
  op.flags = 0
  op.expires = 0
}

function draw (below) {
  random = Math.imul(random, 1664525) + 1013904223 | 0
  return (random >>> 8) % below
}

/** A value whose bytes all follow from its length and its first byte. */
function write (bytes, start, end) {
  const first = draw(256)
  for (let at = start; at < end; at++) bytes[at] = first + (end - start) + (at - start) * 31 & 255
  return first
}

function isWhole (bytes, start, end) {
  const first = bytes[start]
  for (let at = start; at < end; at++) {
    if (bytes[at] !== (first + (at - start) * 31 & 255)) return false
  }
  return true
}

function set (key, size) {
  ask(key)
  op.size = size
  const status = engine.allocate(op)
  if (status !== Status.SUCCESS) return status
  write(op.value, op.valueStart, op.valueEnd)
  const stored = engine.store(op)
  engine.release(op)
  return stored
}

const tasks = {
  /** Increments one key, and answers how often it succeeded. */
  count () {
    let counted = 0
    for (let i = 0; i < times; i++) {
      ask(fewKeys[0])
      op.deltaLow = 1
      op.deltaHigh = 0
      if (engine.arithmetic(op) !== Status.SUCCESS) continue
      engine.release(op)
      counted++
    }
    return counted
  },

  /** The same as tear with many keys. */
  mix () {
    return tasks.tear(Array.from({ length: 6000 }, (_, i) => Buffer.from(`key ${i}`)))
  },

  /** Sets, gets, removes and touches few keys; answers how many values were torn. */
  tear (keys = fewKeys) {
    let torn = 0
    const held = []
    for (let i = 0; i < times; i++) {
      const key = keys[draw(keys.length)]
      const kind = draw(10)
      if (kind < 4) {
        // With a page or two full of held values there may be no memory.
        set(key, 1 + draw(draw(20) === 0 ? 300000 : 3000))
      } else if (kind === 4) {
        ask(key)
        engine.remove(op)
      } else {
        ask(key)
        const status = kind === 5 ? engine.touch(op) : engine.get(op)
        if (status !== Status.SUCCESS) continue
        if (!isWhole(op.value, op.valueStart, op.valueEnd)) torn++
        // Every eighth is held for a while, and looked at again.
        if (draw(8) > 0) engine.release(op)
        else held.push([op.item, op.value, op.valueStart, op.valueEnd])
      }
      if (held.length > 5) {
        const [item, value, start, end] = held.shift()
        if (!isWhole(value, start, end)) torn++
        op.item = item
        engine.release(op)
      }
    }
    for (const [item] of held) {
      op.item = item
      engine.release(op)
    }
    return torn
  },

  /** Each round every thread gets one key's cas, then all store with it; answers its wins. */
  race () {
    let wins = 0
    const rounds = new Int32Array(ready)
    for (let i = 1; i <= times; i++) {
      ask(fewKeys[1])
      engine.get(op)
      const { itemCasLow, itemCasHigh } = op
      engine.release(op)
      meet(rounds, 2 * i - 1)
      ask(fewKeys[1])
      op.size = 8
      engine.allocate(op)
      op.mode = Store.SET
      op.compare = true
      op.casLow = itemCasLow
      op.casHigh = itemCasHigh
      if (engine.store(op) === Status.SUCCESS) wins++
      engine.release(op)
      meet(rounds, 2 * i)
    }
    return wins
  },

  /** Fills the memory over and over with values of all sizes, while others do. */
  fill () {
    let failed = 0
    for (let i = 0; i < times; i++) {
      const size = draw(100) === 0 ? draw(1000000) : draw(5000)
      if (set(Buffer.from(`fill ${draw(100000)}`), size) !== Status.SUCCESS) failed++
    }
    return failed
  },

  /** Grows the table by storing keys of its own, then finds them all; answers how many not. */
  grow () {
    for (let i = 0; i < times; i++) set(Buffer.from(`${thread}:${i}`), 1)
    let missing = 0
    for (let i = 0; i < times; i++) {
      ask(Buffer.from(`${thread}:${i}`))
      if (engine.get(op) === Status.SUCCESS) engine.release(op)
      else missing++
    }
    return missing
  },

  /** Does nothing but begin and end. */
  idle () {
    return 0
  },

  /** Holds items and ends without releasing them. */
  hold () {
    for (const key of fewKeys) {
      set(key, 100000)
      ask(key)
      engine.get(op)
    }
    return fewKeys.length
  }
}

/** Waits until all threads have come here. */
function meet (words, round) {
  const workers = threads - 1
  if (Atomics.add(words, 0, 1) + 1 === round * workers) Atomics.notify(words, 0)
  for (let seen = Atomics.load(words, 0); seen < round * workers; seen = Atomics.load(words, 0)) {
    Atomics.wait(words, 0, seen, 100)
  }
}

parentPort.postMessage(tasks[task]())
engine.destroy()
