import { InTurns } from '../src/in-turns.js'

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

test('what is asked for is done in order, a few in each turn, none at once', async () => {
  const done: number[] = []
  const inTurns = new InTurns<number>(3, one => { done.push(one) })
  for (let i = 0; i < 7; i++) inTurns.add(i)
  const counts = [done.length]
  for (let i = 0; i < 4; i++) {
    await turn()
    counts.push(done.length)
  }
  expect(counts).toEqual([0, 3, 6, 7, 7])
  expect(done).toEqual([0, 1, 2, 3, 4, 5, 6])
  inTurns.add(7)
  await turn()
  expect(done.at(-1)).toBe(7)
})

test('more may come while they are done', async () => {
  const done: number[] = []
  const inTurns = new InTurns<number>(1, one => {
    done.push(one)
    if (one === 0) inTurns.add(2)
  })
  inTurns.add(0)
  inTurns.add(1)
  for (let i = 0; i < 3; i++) await turn()
  expect(done).toEqual([0, 1, 2])
})
