import { setTimeout as sleep } from 'node:timers/promises'
import { RawClient } from './client.js'
import { isSubstitute } from './server.js'

/**
 * Waits until the server has read what was sent. A server in this process reads it in the next
 * turn of the event loop; another process gets a millisecond.
 */
export async function letArrive (): Promise<void> {
  if (isSubstitute) return void await sleep(1)
  await new Promise(setImmediate)
  await new Promise(setImmediate)
}

/** Sends the bytes in pieces that the server reads one by one. `cuts` are offsets, ascending. */
export async function sendInPieces (
  client: RawClient, bytes: Buffer, cuts: readonly number[]
): Promise<void> {
  let start = 0
  for (const cut of [...cuts, bytes.length]) {
    client.send(bytes.subarray(start, cut))
    start = cut
    if (start < bytes.length) await letArrive()
  }
}

/** Every way to send so many bytes that a split test tries, with a name for each. */
export function * waysToCut (length: number): Generator<[name: string, cuts: number[]]> {
  yield ['whole', []]
  for (let cut = 1; cut < length; cut++) yield [`cut at byte ${cut}`, [cut]]
  yield ['byte by byte', Array.from({ length: length - 1 }, (_, i) => i + 1)]
}

/** Runs jobs, so many at a time; the first failure ends the rest. */
export async function runParallel<T> (
  jobs: Iterable<T>, limit: number, run: (job: T) => Promise<void>
): Promise<void> {
  const rest = jobs[Symbol.iterator]()
  const work = async (): Promise<void> => {
    for (let job = rest.next(); !job.done; job = rest.next()) await run(job.value)
  }
  await Promise.all(Array.from({ length: limit }, work))
}
