/**
 * Loaded before a server (`node --import`), measures its background work in every thread: how
 * long each piece takes, how long it holds each lock of the arena, and how long a turn of the
 * event loop takes. It wraps the functions of the built classes, so that a server without it pays
 * nothing. Beside the time on the clock it tells for how much of it the thread can have had a
 * processor; and a thread that does nothing tells how long the machine makes any code wait.
 * Prints what was longest of each, and forgets it, four times a second.
 */
import { writeSync } from 'node:fs'
import { register } from 'node:module'
import { performance } from 'node:perf_hooks'
import { isMainThread, Worker } from 'node:worker_threads'
import { processorTime } from './processor-time.mjs'

const MARK = '@stopwatch '
const LOOK = 250
/** Shorter than this nothing is worth a look at what the system did meanwhile. */
const NOTABLE = 0.3
/** How old a look at the processor's time may be from which a lock's is reckoned. */
const FRESH = 0.05
/** Milliseconds: the bounds of a lock, and of a piece or a turn. */
const MOST_LOCKED = 1
const MOST_STALLED = 5

register('./unbundle.mjs', import.meta.url)

/** What is measured, by number; of each since the last look, in milliseconds: */
const names = ['turn']
const TURN = 0
/** the longest as the processor's clock goes, and as the wall's does; */
const cpus = new Float64Array(64)
const walls = new Float64Array(64)
/** all together, and how many were longer than the bound by the processor's clock. */
const sums = new Float64Array(64)
const beyond = new Int32Array(64)

function name (what) { return names.push(what) - 1 }

/** `cpu` is the most that it can have been. Locks that one pause has made long count as one. */
function note (number, wall, cpu, bound) {
  const most = Math.min(wall, cpu)
  sums[number] += wall
  if (wall > walls[number]) walls[number] = wall
  if (most > cpus[number]) cpus[number] = most
  if (most <= bound) return
  const isLock = piece !== 0 && number === lock
  if (!isLock || !isPieceBeyond) beyond[number]++
  if (isLock) isPieceBeyond = true
}

/** Numbers of what is under way just now; 0 if nothing is but requests. */
let piece = 0
let lock = 0
let isPieceBeyond = false
const lockedAt = new Float64Array(1 << 16)
const lockedCpu = new Float64Array(1 << 16)
/** The last look at the processor's time, and when it was. */
const looked = new Float64Array(2)

function look () {
  if (performance.now() - looked[1] < FRESH) return
  looked[0] = processorTime()
  looked[1] = performance.now()
}

/** Notes what began at `start`, when the processor had worked for at least `cpu`. */
function noteSince (number, start, cpu, bound) {
  const wall = performance.now() - start
  note(number, wall, wall < NOTABLE ? wall : processorTime() - cpu, bound)
}

/** Measures each call of a method as background work of that name. */
function watch ({ prototype }, method, work) {
  const original = prototype[method]
  const pieces = name(`piece of ${work}`)
  const locks = name(`lock of ${work}`)
  prototype[method] = function (...given) {
    if (piece !== 0) return original.apply(this, given)
    piece = pieces
    lock = locks
    isPieceBeyond = false
    look()
    const [cpu] = looked
    const start = performance.now()
    try {
      return original.apply(this, given)
    } finally {
      noteSince(piece, start, cpu, MOST_STALLED)
      piece = lock = 0
    }
  }
}

function noteLocked (index) {
  if (piece === 0) {
    lockedAt[index] = 0
    return
  }
  look()
  lockedCpu[index] = looked[0]
  lockedAt[index] = performance.now()
}

function watchLocks ({ prototype }) {
  const { lock: take, tryLock, unlock } = prototype
  prototype.lock = function (index) {
    take.call(this, index)
    noteLocked(index)
  }
  prototype.tryLock = function (index) {
    if (!tryLock.call(this, index)) return false
    noteLocked(index)
    return true
  }
  prototype.unlock = function (index) {
    const start = lockedAt[index]
    unlock.call(this, index)
    if (start !== 0 && piece !== 0) noteSince(lock, start, lockedCpu[index], MOST_LOCKED)
  }
}

/** How long a turn takes: what the loop was active for between two calls of a timer. */
function watchTurns () {
  let before = performance.eventLoopUtilization().active
  let cpuBefore = processorTime()
  setInterval(() => {
    const { active } = performance.eventLoopUtilization()
    const cpu = processorTime()
    note(TURN, active - before, cpu - cpuBefore, MOST_STALLED)
    before = active
    cpuBefore = cpu
  }, 1).unref()
}

const load = async (room, file) =>
  import(new URL(`../../${room}/dist/${file}.js`, import.meta.url).href)

const { Locks } = await load('packages/arena', 'locks')
const { Crawler } = await load('packages/arena', 'crawler')
const { Flushing } = await load('packages/arena', 'flushing')
const { Scanning } = await load('packages/arena', 'scanning')
const { Segments } = await load('packages/arena', 'segments')
const { Arena } = await load('packages/arena', 'arena')
const { SlabAllocator } = await load('engines/slab', 'allocator')
const { Reassignment } = await load('engines/slab', 'reassignment')
const { Takeover } = await load('engines/slab', 'takeover')
const { Decay } = await load('engines/malloc', 'decay')
const { MemoryLimit } = await load('engines/malloc', 'limit')

watchLocks(Locks)
watch(Segments, 'juggle', 'the LRU maintainer')
watch(Crawler, 'run', 'the crawler')
watch(Flushing, 'flush', 'flush_all')
watch(Flushing, 'run', 'freeing what was flushed')
watch(Scanning, 'run', 'dumps')
watch(Arena, 'grow', 'the growing table')
watch(SlabAllocator, 'maintain', 'the page mover')
watch(Reassignment, 'limitTo', 'cache_memlimit')
watch(Takeover, 'from', 'taking a page over')
watch(Decay, 'run', 'decay')
watch(MemoryLimit, 'run', 'giving memory up')
watchTurns()

setInterval(() => {
  const told = {}
  for (const [number, what] of names.entries()) {
    if (sums[number] === 0) continue
    told[what] = {
      cpu: cpus[number], wall: walls[number], sum: sums[number], beyond: beyond[number]
    }
  }
  writeSync(1, `${MARK}${JSON.stringify(told)}\n`)
  for (const numbers of [cpus, walls, sums, beyond]) numbers.fill(0)
}, LOOK).unref()

if (isMainThread) {
  new Worker(new URL('idler.mjs', import.meta.url), {
    execArgv: [],
    workerData: {
      mark: MARK, notable: NOTABLE, mostLocked: MOST_LOCKED, mostStalled: MOST_STALLED
    }
  }).unref()
}
