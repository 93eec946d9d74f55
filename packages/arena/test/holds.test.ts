import { Holds } from '../src/holds.js'

const popAll = (holds: Holds) => {
  const refs = []
  for (let ref = holds.pop(); ref !== 0; ref = holds.pop()) refs.push(ref)
  return refs.sort((a, b) => a - b)
}

test('what was held and not released is found by the thread\'s successor', () => {
  const shared = Holds.reserve(2)
  const holds = new Holds(shared, 1)
  for (const ref of [5, 6, 7, 6, -8]) holds.add(ref)
  holds.remove(6)
  holds.remove(5)
  expect(new Holds(shared, 0).count).toBe(0)
  const successor = new Holds(shared, 1)
  expect(successor.count).toBe(3)
  expect(popAll(successor)).toEqual([-8, 6, 7])
  expect(successor.count).toBe(0)
})

test('holds may end in any order', () => {
  const holds = new Holds(Holds.reserve(1), 0)
  const refs = Array.from({ length: 100 }, (_, i) => i + 1)
  for (const ref of refs) holds.add(ref)
  for (const ref of refs) holds.remove(ref * 37 % 101)
  expect(holds.count).toBe(0)
})

test('more holds than can be recorded do no harm', () => {
  const holds = new Holds(Holds.reserve(2), 0)
  for (let ref = 1; ref <= 70_000; ref++) holds.add(ref)
  expect(new Holds(Holds.reserve(2), 1).count).toBe(0)
  const recorded = holds.count
  expect(recorded).toBeLessThan(65536)
  holds.remove(70_000)
  expect(holds.count).toBe(recorded)
  holds.remove(1)
  expect(holds.count).toBe(recorded - 1)
})
