import { openAddon } from './addon-file.js'

/** Copies between Buffers, for paths where nothing may be slow or leave garbage. */

const REVISION = 1

/** Memories that the addon knows, at most. */
const MEMORIES = 64

/** Shorter copies are made by a loop: bytes. */
const LOOP_UP_TO = 12
/** The same where the addon is of no use. */
const LOOP_UP_TO_WITHOUT = 192

/** Smaller Buffers come and go; shared memory of this size is an engine's, and stays. */
const LEAST_MEMORY = 1 << 16

/** Numbers of the array by which copy() is told what to copy. */
const FROM = 0
const START = 1
const TO = 2
const AT = 3
const LENGTH = 4

interface Addon {
  readonly revision: number
  start (what: Float64Array): void
  remember (number: number, bytes: Buffer): void
  copy (): void
}

const NOTHING: Buffer = Buffer.alloc(0)
const what = new Float64Array(5)
/** By the addon's numbers. */
const known: Buffer[] = []
const addon = load()

/**
 * Copies bytes start to end of `from` to position `at` of `to`. Fast where both are known:
 * transports make their buffers known, and large shared memory is when it is first met, until
 * a transport closes.
 * Throws a RangeError if either range is not inside.
 */
export function copyBytes (
  from: Buffer, start: number, end: number, to: Buffer, at: number
): void {
  const length = end - start
  if (!(start >= 0 && length >= 0 && end <= from.length && at >= 0 && at + length <= to.length)) {
    throw new RangeError(`no bytes ${start} to ${end} to copy to ${at}`)
  }
  if (length <= LOOP_UP_TO) {
    for (; start < end; start++) to[at++] = from[start]
    return
  }
  const source = numberOf(from)
  const target = numberOf(to)
  if (source < 0 || target < 0 || addon === undefined) {
    copySlowly(from, start, end, to, at)
    return
  }
  what[FROM] = source
  what[START] = start
  what[TO] = target
  what[AT] = at
  what[LENGTH] = length
  addon.copy()
}

/** Makes a Buffer known that will be copied from or to often, until forgetBytes(). */
export function rememberBytes (bytes: Buffer): void {
  if (addon === undefined || known.includes(bytes)) return
  const free = known.indexOf(NOTHING)
  const number = free < 0 ? known.length : free
  if (number === MEMORIES) return
  known[number] = bytes
  addon.remember(number, bytes)
}

export function forgetBytes (bytes: Buffer): void {
  const number = known.indexOf(bytes)
  if (number < 0) return
  known[number] = NOTHING
  addon!.remember(number, NOTHING)
}

/** Lets go of the shared memory that was met, which may be that of an engine that has ended. */
export function forgetShared (): void {
  for (const bytes of known) if (isShared(bytes)) forgetBytes(bytes)
}

function isShared (bytes: Buffer): boolean { return bytes.buffer instanceof SharedArrayBuffer }

function numberOf (bytes: Buffer): number {
  if (bytes.length < LEAST_MEMORY) return -1
  for (let number = 0; number < known.length; number++) {
    if (known[number] === bytes) return number
  }
  if (!isShared(bytes)) return -1
  rememberBytes(bytes)
  return known.indexOf(bytes)
}

function copySlowly (from: Buffer, start: number, end: number, to: Buffer, at: number): void {
  if (end - start > LOOP_UP_TO_WITHOUT) to.set(from.subarray(start, end), at)
  else for (; start < end; start++) to[at++] = from[start]
}

function load (): Addon | undefined {
  try {
    const loaded = openAddon<Addon>('copy', REVISION)
    loaded.start(what)
    return loaded
  } catch {
    return undefined
  }
}
