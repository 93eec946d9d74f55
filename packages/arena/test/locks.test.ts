import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { Locks } from '../src/locks.js'

const script = (name: string) => fileURLToPath(new URL(`./${name}.mjs`, import.meta.url))
const run = (name: string, ...args: string[]) =>
  spawnSync(process.execPath, [script(name), ...args], { encoding: 'utf8' })

test('a lock is held by one at a time', () => {
  const locks = new Locks(Locks.reserve(3), false)
  locks.lock(1)
  expect(locks.tryLock(1)).toBe(false)
  expect(locks.tryLock(2)).toBe(true)
  locks.unlock(1)
  expect(locks.tryLock(1)).toBe(true)
})

test('alone, locks are never in the way', () => {
  const locks = new Locks(Locks.reserve(1), true)
  locks.lock(0)
  locks.lock(0)
  expect(locks.tryLock(0)).toBe(true)
})

test('threads that add under a lock lose no addition', async () => {
  const workerData = {
    shared: Locks.reserve(2), numbers: new SharedArrayBuffer(4), times: 20_000
  }
  await Promise.all([1, 2, 3].map(() => new Promise((resolve, reject) => {
    const worker = new Worker(script('threads/locker'), { workerData })
    worker.once('message', resolve)
    worker.once('error', reject)
  })))
  expect(new Int32Array(workerData.numbers)[0]).toBe(60_000)
}, 30_000)

test('it is known which thread has locks', () => {
  const shared = Locks.reserve(3)
  const [zero, two] = [new Locks(shared, false, 0), new Locks(shared, false, 2)]
  zero.lock(1)
  two.lock(2)
  expect([0, 1, 2].map(thread => zero.isHeldBy(thread))).toEqual([true, false, true])
  two.unlock(2)
  expect([0, 1, 2].map(thread => zero.isHeldBy(thread))).toEqual([true, false, false])
})

test('who waits for a lock ends the process when another thread has failed', () => {
  const shared = Locks.reserve(2)
  const end = (reason: string): never => { throw new Error(`ended: ${reason}`) }
  const [failed, waiting] = [new Locks(shared, false, 1, end), new Locks(shared, false, 2, end)]
  failed.lock(0)
  expect(() => failed.end('a fault')).toThrow('ended: a fault')
  expect(() => { waiting.lock(0) }).toThrow('ended: another thread failed')
})

test('a lock that is never given back ends the process, with a word on why', () => {
  const { stderr, signal } = run('processes/deadlock')
  expect(stderr).toMatch(/^waiting\nmemplug: a thread ended, or hangs, with a lock .*ends\n$/)
  expect(signal).toBe('SIGKILL')
})

test.each(['alone', 'shared', 'worker'])(
  'after a fault under a bucket\'s lock nothing is served (%s)', how => {
    const { stderr, signal } = run('processes/fault', how)
    expect(stderr).toMatch(/^survived\nmemplug: an operation failed with a lock .*ends\n$/)
    expect(signal).toBe('SIGKILL')
  })
