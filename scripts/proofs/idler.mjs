/**
 * A thread that looks at the clock, and now and then at memory that nobody used before, and does
 * nothing else, beside those that the stopwatch is in: what holds it up is the machine, not the
 * code. Prints, as the stopwatch does, for how long it did each and its longest pauses.
 */
import { writeSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { workerData } from 'node:worker_threads'
import { processorTime } from './processor-time.mjs'

const { mark, notable, mostLocked, mostStalled } = workerData
/** Milliseconds of looking, and of rest after it. */
const LOOKING = 1
const REST = 7
/** Pages of new memory that follow, and the words of one. */
const TOUCHES = 8
const PAGE = 1024
/** Between two lines. */
const TOLD = 250

const still = new Int32Array(new SharedArrayBuffer(4))
const memory = new Int32Array(new SharedArrayBuffer(1 << 29))
let next = 0
let toldAt = performance.now()
let told = newTold()

for (;;) {
  Atomics.wait(still, 0, 0, REST)
  note(told.idler, look, mostLocked)
  note(told['new memory'], touch, mostStalled)
  if (performance.now() - toldAt < TOLD) continue
  writeSync(1, `${mark}${JSON.stringify(told)}\n`)
  told = newTold()
  toldAt = performance.now()
}

function newTold () {
  return {
    idler: { cpu: 0, wall: 0, sum: 0, beyond: 0 },
    'new memory': { cpu: 0, wall: 0, sum: 0, beyond: 0 }
  }
}

/** Notes the longest pause of `work`, which answers it. */
function note (one, work, bound) {
  const before = processorTime()
  const start = performance.now()
  const pause = work(start)
  const time = performance.now() - start
  one.sum += time
  if (pause > one.wall) one.wall = pause
  if (pause < notable) return
  // All but the pause was work.
  const cpu = Math.max(0, Math.min(pause, processorTime() - before - (time - pause)))
  if (cpu > one.cpu) one.cpu = cpu
  if (cpu > bound) one.beyond++
}

function look (start) {
  let pause = 0
  for (let last = start; last - start < LOOKING;) {
    const now = performance.now()
    if (now - last > pause) pause = now - last
    last = now
  }
  return pause
}

function touch (start) {
  let pause = 0
  let last = start
  for (let i = 0; i < TOUCHES; i++) {
    memory[next] = 1
    next = (next + PAGE) % memory.length
    const now = performance.now()
    if (now - last > pause) pause = now - last
    last = now
  }
  return pause
}
