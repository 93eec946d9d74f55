/** Whether what takes time tells what was asked, by Welch's t-test. */
import { performance } from 'node:perf_hooks'

/** Beyond it, the slowest of all samples, are other work's doing and hide what is looked for. */
const KEPT = 0.9

/** From this on two kinds are taken to differ, as those do who look for leaks (dudect). */
export const LEAKS = 4.5

/**
 * Times kinds of asking in random order, so that what else goes on has no preference among them.
 * Answers by kind its t against the first one, without a sign.
 * @param kinds functions that prepare, and answer what is to be timed
 */
export async function compare (kinds, samples) {
  const names = Object.keys(kinds)
  const times = new Map(names.map(name => [name, []]))
  for (let i = 0; i < samples; i++) {
    const name = names[Math.floor(Math.random() * names.length)]
    const act = await kinds[name]()
    const start = performance.now()
    await act()
    times.get(name).push(performance.now() - start)
  }
  const all = [...times.values()].flat().sort((one, other) => one - other)
  const limit = all[Math.floor(all.length * KEPT)]
  const moments = new Map([...times].map(([name, own]) =>
    [name, describe(own.filter(time => time <= limit))]))
  const base = moments.get(names[0])
  return new Map([...moments].slice(1).map(([name, own]) => [name, Math.abs(welch(base, own))]))
}

function describe (times) {
  const count = times.length
  const mean = times.reduce((sum, time) => sum + time, 0) / count
  const variance = times.reduce((sum, time) => sum + (time - mean) ** 2, 0) / (count - 1)
  return { mean, error: variance / count }
}

/** Nothing that varies at all is no leak. */
function welch (one, other) {
  const error = one.error + other.error
  return error === 0 ? 0 : (one.mean - other.mean) / Math.sqrt(error)
}
