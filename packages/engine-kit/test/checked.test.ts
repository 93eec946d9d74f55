import { Op, Status, Store } from '@memplug/engine'
import { Checked, Late, TestHost } from '../src/index.js'
import { ReferenceEngine } from './reference-engine.js'

function start (): Checked {
  const engine = new Checked(new ReferenceEngine())
  expect(engine.initialize(new TestHost())).toBe(Status.SUCCESS)
  return engine
}

function ask (key: string, size = 0): Op {
  const op = new Op()
  op.key = Buffer.from(key)
  op.keyEnd = op.key.length
  op.size = size
  return op
}

function put (engine: Checked, key: string, value: string): void {
  const op = ask(key, value.length)
  engine.allocate(op)
  op.value.write(value, op.valueStart)
  expect(engine.store(op)).toBe(Status.SUCCESS)
  engine.release(op)
}

test('a server that keeps the contract notices nothing', () => {
  const engine = start()
  put(engine, 'a', 'x')
  const op = ask('a')
  expect(engine.get(op)).toBe(Status.SUCCESS)
  expect(engine.holds).toBe(1)
  expect(op.value.toString('latin1', op.valueStart, op.valueEnd)).toBe('x')
  engine.release(op)
  expect(engine.holds).toBe(0)
  expect(engine.remove(op)).toBe(Status.SUCCESS)
  expect(engine.destroy()).toBe(Status.SUCCESS)
  expect(engine.breaches).toEqual([])
})

test('what was released throws when it is read again', () => {
  const engine = start()
  put(engine, 'a', 'x')
  const op = ask('a')
  void engine.get(op)
  engine.release(op)
  expect(() => op.value[op.valueStart]).toThrow(TypeError)
})

const breaches: Array<[string, string, (engine: Checked) => unknown]> = [
  ['releases twice', 'release: of what is not held', engine => {
    const op = ask('a')
    void engine.get(op)
    engine.release(op)
    engine.release(op)
  }],
  ['releases a miss', 'release: of what is not held', engine => {
    const op = ask('absent')
    void engine.get(op)
    engine.release(op)
  }],
  ['changes op.item', 'release: op.item is not the one that was told', engine => {
    const op = ask('a')
    void engine.get(op)
    op.item = null
    engine.release(op)
  }],
  ['writes to what it holds', 'release: the value changed while it was held', engine => {
    const op = ask('a')
    void engine.get(op)
    op.value[op.valueStart]++
    engine.release(op)
  }],
  ['asks again with an Op that holds', 'get: the Op holds an item', engine => {
    const op = ask('a')
    void engine.get(op)
    void engine.get(op)
  }],
  ['stores what it did not allocate', 'store: with an item that allocate did not give', engine =>
    engine.store(ask('a'))],
  ['destroys while it holds', 'destroy: 1 items are still held', engine => {
    void engine.get(ask('a'))
    void engine.destroy()
  }],
  ['calls after destroy', 'get: the engine is not initialized', engine => {
    void engine.destroy()
    void engine.get(ask('a'))
  }],
  ['initializes twice', 'initialize: the engine is ready already', engine =>
    engine.initialize(new TestHost())]
]

test.each(breaches)('a server that %s is told so', (_what, message, run) => {
  const engine = start()
  put(engine, 'a', 'x')
  expect(() => run(engine)).toThrow(message)
  expect(engine.breaches.map(breach => breach.message)).toEqual([message])
})

describe('while an answer is awaited', () => {
  function startLate (): Checked {
    const engine = new Checked(new Late(new ReferenceEngine()))
    expect(engine.initialize(new TestHost())).toBe(Status.SUCCESS)
    return engine
  }

  test('a second call with the Op is a breach', async () => {
    const engine = startLate()
    const op = ask('a')
    const answer = engine.get(op)
    expect(() => engine.remove(op)).toThrow('remove: two calls with one Op')
    expect(() => engine.scan(op, 0)).toThrow('scan: with an Op in use')
    expect(() => engine.destroy()).toThrow('destroy: 1 calls have not settled')
    await answer
  })

  test('a change of the key is a breach, and one beside the key is not', async () => {
    const engine = startLate()
    const op = ask(' a ')
    op.keyStart = 1
    op.keyEnd = 2
    const answer = engine.get(op)
    op.key.write('xax')
    expect(await answer).toBe(Status.NOT_FOUND)
    const again = engine.get(op)
    op.key.write('xxx')
    await expect(again).rejects.toThrow('get: the engine changed the key')
  })

  test('a change of the value, or a release, is a breach', async () => {
    const engine = startLate()
    const op = ask('a', 1)
    op.mode = Store.SET
    engine.allocate(op)
    const answer = engine.store(op)
    expect(() => engine.release(op)).toThrow('release: during a call')
    op.value[op.valueStart] ^= 1
    await expect(answer).rejects.toThrow('store: the engine changed the value')
  })

  test('a rejection frees the Op for another call', async () => {
    const engine = new Checked(new Late(new ReferenceEngine(), { rejectEvery: 2 }))
    expect(engine.initialize(new TestHost())).toBe(Status.SUCCESS)
    const op = ask('a')
    expect(await engine.get(op)).toBe(Status.NOT_FOUND)
    await expect(engine.get(op)).rejects.toThrow('rejected on purpose')
    expect(await engine.get(op)).toBe(Status.NOT_FOUND)
    expect(await engine.destroy()).toBe(Status.SUCCESS)
  })
})
