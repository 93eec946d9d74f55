/** Adds to a plain number under a lock, as often as it is told. */
import { parentPort, workerData } from 'node:worker_threads'
import { Locks } from '../../dist/locks.js'

const { shared, numbers, times } = workerData
const locks = new Locks(shared, false)
const words = new Int32Array(numbers)
for (let i = 0; i < times; i++) {
  if (i % 3 > 0) locks.lock(1)
  else while (!locks.tryLock(1));
  const number = words[0]
  // Now and then the lock is kept for so long that the others go to sleep.
  if (i % 1000 === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
  words[0] = number + 1
  locks.unlock(1)
}
parentPort.postMessage('done')
