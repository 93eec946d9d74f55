import { Op, Status } from '@memplug/engine'
import { Late, NullEngine, TestHost } from '../src/index.js'
import type { LateOptions } from '../src/index.js'

function late (options?: LateOptions): Late {
  const engine = new Late(new NullEngine(), options)
  void engine.initialize(new TestHost())
  return engine
}

test('every answer is a promise, and the engine says so', async () => {
  const engine = late()
  expect(engine.getInfo().features).toEqual(['async'])
  const op = new Op()
  expect(engine.allocate(op)).toBe(Status.SUCCESS)
  for (const call of ['store', 'get', 'touch', 'remove', 'arithmetic'] as const) {
    expect(engine[call](op)).toBeInstanceOf(Promise)
  }
  expect(await engine.get(op)).toBe(Status.NOT_FOUND)
  expect(await engine.flush()).toBe(Status.SUCCESS)
})

test('answers come out of order, and the same seed gives the same order', async () => {
  const order = async (seed: number): Promise<number[]> => {
    const engine = late({ seed })
    const settled: number[] = []
    await Promise.all(Array.from({ length: 20 }, async (_, i) => {
      await engine.get(new Op())
      settled.push(i)
    }))
    return settled
  }
  const first = await order(1)
  expect(first).not.toEqual([...first].sort((a, b) => a - b))
  expect(await order(1)).toEqual(first)
  expect(await order(2)).not.toEqual(first)
})

test('each nth call fails, rejects, or throws', async () => {
  const answers = async (options: LateOptions): Promise<unknown[]> => {
    const engine = late(options)
    const found: unknown[] = []
    for (let i = 0; i < 4; i++) {
      try {
        const answer = engine.get(new Op())
        found.push(await answer.catch(() => 'rejected'))
      } catch {
        found.push('thrown')
      }
    }
    return found
  }
  const { NOT_FOUND, TEMPORARY_FAILURE } = Status
  expect(await answers({ failEvery: 2 }))
    .toEqual([NOT_FOUND, TEMPORARY_FAILURE, NOT_FOUND, TEMPORARY_FAILURE])
  expect(await answers({ rejectEvery: 4 }))
    .toEqual([NOT_FOUND, NOT_FOUND, NOT_FOUND, 'rejected'])
  expect(await answers({ throwEvery: 3, rejectEvery: 2 }))
    .toEqual([NOT_FOUND, 'rejected', 'thrown', 'rejected'])
})

test('each nth call never settles', async () => {
  const engine = late({ hangEvery: 2, delay: 1 })
  let isSettled = false
  expect(await engine.get(new Op())).toBe(Status.NOT_FOUND)
  void engine.get(new Op()).then(() => { isSettled = true })
  for (let i = 0; i < 5; i++) {
    const others = [engine.get(new Op()), engine.get(new Op())]
    await others[0]
  }
  expect(isSettled).toBe(false)
})
