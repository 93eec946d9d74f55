/** How long clients wait for answers. */
import { performance } from 'node:perf_hooks'
import { expect } from './client.mjs'

/** What latencies() asks for must be stored first. */
export const SMALL = 'set small 0 0 1\r\nx\r\n'

/** Milliseconds of `samples` gets, by all clients at once, one after the other by each. */
export async function latencies (clients, samples) {
  const times = []
  const answer = 'VALUE small 0 1\r\nx\r\nEND\r\n'
  await Promise.all(clients.map(async client => {
    for (let i = 0; i < samples / clients.length; i++) {
      const start = performance.now()
      expect(await client.ask('get small\r\n', answer.length), answer)
      times.push(performance.now() - start)
    }
  }))
  return times
}

export function median (numbers) {
  return numbers.sort((one, other) => one - other)[numbers.length >> 1]
}

/** The 99th. */
export function percentile (times) {
  return times.sort((one, other) => one - other)[Math.floor(times.length * 0.99)]
}
