/** Times functions so short that only a loop of them can be timed. */
import { performance } from 'node:perf_hooks'

const ROUNDS = 7
const ROUND_MS = 100

/** Prints what one operation takes, in nanoseconds, in the median round. A call does `per`. */
export function measure (name, call, per = 1) {
  let times = 1000
  // The first rounds compile, and find how many calls fill a round.
  for (let took = 0; took < ROUND_MS; times *= 2) took = time(call, times)
  const rounds = Array.from({ length: ROUNDS }, () => time(call, times) / times / per)
  const median = rounds.toSorted((a, b) => a - b)[ROUNDS >> 1]
  console.log(`${name.padEnd(40)} ${(median * 1e6).toFixed(1).padStart(8)} ns`)
}

function time (call, times) {
  const start = performance.now()
  for (let i = 0; i < times; i++) call(i)
  return performance.now() - start
}
