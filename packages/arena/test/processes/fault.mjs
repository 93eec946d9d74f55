/** An operation that fails under a bucket's lock, in a worker or not, and the next one. */
import { writeSync } from 'node:fs'
import { isMainThread, Worker } from 'node:worker_threads'
import { ArenaLocks } from '../../dist/arena-locks.js'

if (isMainThread && process.argv[2] === 'worker') {
  new Worker(new URL(import.meta.url))
  setInterval(() => {}, 1000)
} else {
  const locks = new ArenaLocks(ArenaLocks.reserve(1), 1, process.argv[2] === 'alone')
  try {
    locks.lockBucket(1)
    throw new Error('a fault')
  } catch {
    writeSync(2, 'survived\n')
  }
  locks.lockBucket(2)
  writeSync(2, 'never\n')
}
