import { BaseEngine, ConfigError, Op, Status } from '../src/index.js'
import type { Host } from '../src/index.js'

class Engine extends BaseEngine {
  getInfo = () => ({ apiVersion: 1, name: 'x', version: '1', features: [] }) as const
  store = () => Status.SUCCESS
  get = () => Status.NOT_FOUND
  remove = () => Status.NOT_FOUND
  flush = () => Status.SUCCESS
}

function start (config = {}): Engine {
  const engine = new Engine()
  const host = { config, settings: { maxItemSize: 100 } } as unknown as Host
  expect(engine.initialize(host)).toBe(Status.SUCCESS)
  return engine
}

test('it takes no config', () => {
  expect(() => start({ size: '5' })).toThrow(ConfigError)
})

test('it gives room up to the size of an item, of key and value together', () => {
  const engine = start()
  const op = new Op()
  op.keyStart = 10
  op.keyEnd = 20
  for (const size of [0, 1, 90]) {
    op.size = size
    op.valueStart = 7
    expect(engine.allocate(op)).toBe(Status.SUCCESS)
    expect([op.item, op.value.length, op.valueStart, op.valueEnd]).toEqual([null, size, 0, size])
  }
  op.size = 91
  expect(engine.allocate(op)).toBe(Status.TOO_LARGE)
  expect(engine.testCapacity(10, 90)).toBe(Status.SUCCESS)
  expect(engine.testCapacity(10, 91)).toBe(Status.TOO_LARGE)
})

test('it knows the general group of statistics, and how to reset nothing', () => {
  const engine = start()
  const add = () => { throw new Error('nothing to tell') }
  expect(engine.getStats('', add)).toBe(Status.SUCCESS)
  expect(engine.getStats('reset', add)).toBe(Status.SUCCESS)
  expect(engine.getStats('items', add)).toBe(Status.NOT_FOUND)
})

test('it leaves touch and arithmetic to the server', () => {
  const engine = start()
  expect(engine.touch(new Op())).toBe(Status.NOT_SUPPORTED)
  expect(engine.arithmetic(new Op())).toBe(Status.NOT_SUPPORTED)
  expect(engine.destroy()).toBe(Status.SUCCESS)
})
