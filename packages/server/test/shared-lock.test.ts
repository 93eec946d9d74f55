import { SharedLock } from '../src/shared-lock.js'

const LOST = 2

function makeLock () {
  const words = new Int32Array(new SharedArrayBuffer(8))
  return { words, lock: new SharedLock(words, 1) }
}

test('it is had by one at a time', () => {
  const { words, lock } = makeLock()
  expect(lock.take()).toBe(true)
  lock.release()
  expect(lock.take()).toBe(true)
  expect([...words]).toEqual([0, 1])
})

test('one that died with it is waited for once; if it lives after all, all is well', () => {
  const { words, lock } = makeLock()
  expect(lock.take()).toBe(true)
  expect(lock.take()).toBe(false)
  expect(words[1]).toBe(LOST)
  expect(lock.take()).toBe(false)
  lock.release()
  expect(lock.take()).toBe(true)
})
