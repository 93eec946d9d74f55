/** More rounds than this are not waited for: then there is garbage. */
const ROUNDS = 60
/** Bytes of a call: less is none. */
const ENOUGH = 0.5

/**
 * The bytes of garbage that one call makes: the least of several rounds, since on a busy machine
 * functions may still be interpreted, or compiled, which makes garbage of its own. Each `call` is
 * told its number, and does the work of `batch` calls. Needs --expose-gc, and a space for new
 * objects that is not cleared within a round (--min-semi-space-size).
 */
export function garbageOf (call, calls, batch = 1) {
  const times = calls / batch
  // So that most of it is compiled.
  for (let i = 0; i < times; i++) call(i)
  let least = Infinity
  for (let round = 0; round < ROUNDS && least >= ENOUGH; round++) {
    globalThis.gc()
    const before = process.memoryUsage().heapUsed
    for (let i = 0; i < times; i++) call(i)
    least = Math.min(least, Math.max(0, process.memoryUsage().heapUsed - before) / calls)
  }
  return least
}
