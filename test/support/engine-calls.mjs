import { Op, Store } from '@memplug/engine'

/** Calls of an engine for two keys, one with a value of 100 bytes and one with a counter. */
export function engineCalls (engine) {
  const op = new Op()
  op.key = Buffer.from('a-counter--a-value--')
  const ask = (start, end) => {
    op.keyStart = start
    op.keyEnd = end
    op.deltaLow = 7
    op.size = 100
    op.mode = Store.SET
  }
  const expect = (status, what) => {
    if (status !== 0) throw new Error(`${what} answered ${status}`)
  }
  const set = () => {
    ask(10, 20)
    expect(engine.allocate(op), 'allocate')
    expect(engine.store(op), 'store')
    engine.release(op)
  }
  const get = () => {
    ask(10, 20)
    expect(engine.get(op), 'get')
    engine.release(op)
  }
  const incr = () => {
    ask(0, 10)
    expect(engine.arithmetic(op), 'arithmetic')
    engine.release(op)
  }
  ask(0, 10)
  op.size = 1
  expect(engine.allocate(op), 'allocate')
  op.value[op.valueStart] = 49
  expect(engine.store(op), 'store')
  engine.release(op)
  return { 'engine set': set, 'engine get': get, 'engine incr': incr }
}
