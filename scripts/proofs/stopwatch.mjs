/**
 * Loaded before a server (`node --import`), measures its background work in every thread: how
 * long each piece takes, how long it holds each lock of the arena, and how long a turn of the
 * event loop takes. It wraps the functions of the built classes, so that a server without it pays
 * nothing. Time in which the system let the thread wait for a processor does not count. Prints
 * the longest of each, and forgets it, four times a second.
 */
import { openSync, readSync, writeSync } from 'node:fs'
import { register } from 'node:module'
import { performance } from 'node:perf_hooks'

const MARK = '@stopwatch '
const LOOK = 250
/** Shorter than this nothing is worth a look at what the system did meanwhile. */
const NOTABLE = 0.3

register('./unbundle.mjs', import.meta.url)

const schedstat = openSync('/proc/thread-self/schedstat')
const buffer = Buffer.alloc(64)

/** Milliseconds that this thread has waited for a processor. */
function waited () {
  const length = readSync(schedstat, buffer, 0, buffer.length, 0)
  return Number(buffer.toString('latin1', 0, length).split(' ')[1]) / 1e6
}

/** What is measured, by number: the longest of it, in milliseconds. */
const names = ['turn']
const TURN = 0
const longest = new Float64Array(64)

function name (what) { return names.push(what) - 1 }

function note (number, milliseconds) {
  if (milliseconds > longest[number]) longest[number] = milliseconds
}

/** Numbers of what is under way just now; 0 if nothing is but requests. */
let piece = 0
let lock = 0
let waitedBefore = 0
const lockedAt = new Float64Array(1 << 16)

const ran = milliseconds =>
  milliseconds < NOTABLE ? milliseconds : milliseconds - (waited() - waitedBefore)

/** Measures each call of a method as background work of that name. */
function watch ({ prototype }, method, work) {
  const original = prototype[method]
  const pieces = name(`piece of ${work}`)
  const locks = name(`lock of ${work}`)
  prototype[method] = function (...given) {
    if (piece !== 0) return original.apply(this, given)
    piece = pieces
    lock = locks
    waitedBefore = waited()
    const start = performance.now()
    try {
      return original.apply(this, given)
    } finally {
      note(piece, ran(performance.now() - start))
      piece = lock = 0
    }
  }
}

function watchLocks ({ prototype }) {
  const { lock: take, tryLock, unlock } = prototype
  prototype.lock = function (index) {
    take.call(this, index)
    lockedAt[index] = piece === 0 ? 0 : performance.now()
  }
  prototype.tryLock = function (index) {
    if (!tryLock.call(this, index)) return false
    lockedAt[index] = piece === 0 ? 0 : performance.now()
    return true
  }
  prototype.unlock = function (index) {
    const start = lockedAt[index]
    unlock.call(this, index)
    if (start !== 0 && piece !== 0) note(lock, ran(performance.now() - start))
  }
}

/** How long a turn takes: what the loop was active for between two calls of a timer. */
function watchTurns () {
  let before = performance.eventLoopUtilization().active
  let waitedThen = waited()
  setInterval(() => {
    const { active } = performance.eventLoopUtilization()
    const waitedNow = waited()
    note(TURN, active - before - (waitedNow - waitedThen))
    before = active
    waitedThen = waitedNow
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
watchTurns()

setInterval(() => {
  const told = Object.fromEntries(names.map((what, number) => [what, longest[number]])
    .filter(([, milliseconds]) => milliseconds > 0))
  if (Object.keys(told).length > 0) writeSync(1, `${MARK}${JSON.stringify(told)}\n`)
  longest.fill(0)
}, LOOK).unref()
