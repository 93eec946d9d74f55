import { Get, Status } from '@memplug/engine'
import { audit, countChunks } from './audit.js'
import { Client, MEGABYTE } from './client.js'
import { PlainEngine } from './plain-allocator.js'

const ROOM = 2 * 1023

const start = (settings = {}) =>
  new Client(new PlainEngine(), { memoryLimit: 2 * MEGABYTE, ...settings })

test('what was got since the hand last came by is spared, and goes the next time', () => {
  const client = start()
  for (let i = 0; i < ROOM; i++) client.set(`${i}`, 'x')
  for (let i = 0; i < ROOM; i += 2) client.get(`${i}`)
  for (let i = 0; i < ROOM / 2; i++) client.set(`new ${i}`, 'x')
  for (let i = 0; i < ROOM; i++) {
    expect([i, client.get(`${i}`, { mode: Get.PEEK })]).toEqual([i, i % 2 === 0 ? 'x' : null])
  }
  expect(client.stats()).toMatchObject({ evictions: ROOM / 2, evicted_unfetched: ROOM / 2 })
  audit(client.arena)
  client.stop()
})

test('a new working set drives out an old one that nobody asks for', () => {
  const client = start()
  for (let i = 0; i < ROOM; i++) client.set(`old ${i}`, 'x')
  for (let i = 0; i < ROOM; i += 2) client.get(`old ${i}`)
  const lookAside = () => {
    let hits = 0
    for (let i = 0; i < ROOM * 3 / 4; i++) {
      if (client.get(`new ${i}`) !== null) hits++
      else client.set(`new ${i}`, 'x')
    }
    return hits
  }
  for (let round = 0; round < 4; round++) lookAside()
  expect(lookAside()).toBe(Math.ceil(ROOM * 3 / 4))
  audit(client.arena)
  client.stop()
})

test('if everything was visited, something goes nevertheless, after a bounded search', () => {
  const client = start()
  for (let i = 0; i < ROOM; i++) client.set(`${i}`, 'x')
  for (let i = 0; i < ROOM; i++) client.get(`${i}`)
  client.set('new', 'x')
  let visited = 0
  for (let i = 0; i < ROOM; i++) {
    const op = client.ask(`${i}`)
    if (client.engine.get(op) !== Status.SUCCESS) continue
    visited++
    client.engine.release(op)
  }
  expect(visited).toBe(ROOM - 1)
  expect(client.stats().evictions).toBe(1)
  client.stop()
})

test('what is held is not evicted; with all held there is no memory', () => {
  const client = start()
  const held = []
  for (let i = 0; i < ROOM; i++) {
    client.set(`${i}`, `value ${i}`)
    client.engine.get(client.ask(`${i}`))
    held.push([client.op.item, client.op.value, client.op.valueStart, client.op.valueEnd] as const)
  }
  expect(client.set('new', 'x')).toBe(Status.NO_MEMORY)
  expect(client.stats('items')['items:1:lrutail_reflocked']).toBeGreaterThan(0)
  const [last] = held.splice(1000, 1)
  client.op.item = last[0]
  client.engine.release(client.op)
  for (let i = 0; i < 100; i++) expect(client.set(`new ${i}`, 'x')).toBe(Status.SUCCESS)
  for (const [item, value, from, to] of held) {
    expect(value.toString('latin1', from, to)).toMatch(/^value \d+$/)
    client.op.item = item
    client.engine.release(client.op)
  }
  audit(client.arena)
  client.stop()
})

test('a replaced value stays where it is for whoever holds it', () => {
  const client = start()
  client.set('a', 'first')
  client.engine.get(client.ask('a'))
  const { item, value, valueStart } = client.op
  for (let i = 0; i < 3 * ROOM; i++) client.set('a', `later ${i}`)
  for (let i = 0; i < 3 * ROOM; i++) client.set(`${i}`, 'filling')
  expect(value.toString('latin1', valueStart, valueStart + 5)).toBe('first')
  const chunks = countChunks(client.arena)
  client.op.item = item
  client.engine.release(client.op)
  expect(countChunks(client.arena)).toBe(chunks - 1)
  client.stop()
})

test('a counted value is written over only while nobody holds it', () => {
  const client = start()
  client.set('n', '10')
  client.engine.get(client.ask('n'))
  const first = client.op.item
  const { value, valueStart } = client.op
  expect(client.count('n', 5)).toBe(Status.SUCCESS)
  expect(value.toString('latin1', valueStart, valueStart + 2)).toBe('10')
  client.engine.get(client.ask('n'))
  const second = client.op.item
  expect(second).not.toBe(first)
  client.engine.release(client.op)
  client.op.item = first
  client.engine.release(client.op)
  expect(client.count('n', 5)).toBe(Status.SUCCESS)
  client.engine.get(client.ask('n'))
  expect(client.op.item).toBe(second)
  expect(client.op.value.toString('latin1', client.op.valueStart, client.op.valueEnd)).toBe('20')
  client.engine.release(client.op)
  expect(countChunks(client.arena)).toBe(1)
  client.stop()
})

test('a written item keeps its place, and counts as used', () => {
  const client = start()
  for (let i = 0; i < ROOM; i++) client.set(`${i}`, 'x')
  client.set('0', 'anew')
  client.set('new', 'x')
  expect(client.get('0')).toBe('anew')
  expect(client.get('1')).toBeNull()
  client.stop()
})

test('an item is not stored twice', () => {
  const client = start()
  client.engine.allocate(client.ask('a', { size: 1 }))
  client.engine.store(client.op)
  expect(() => client.engine.store(client.op)).toThrow('stored before')
  client.engine.release(client.op)
  expect(client.get('a')).not.toBeNull()
  audit(client.arena)
  client.stop()
})

test('without cas values all are 0, and no comparison matches', () => {
  const client = start({ cas: false })
  client.set('a', 'b')
  expect([client.op.itemCasLow, client.op.itemCasHigh]).toEqual([0, 0])
  expect(client.set('a', 'c', { compare: true, casLow: 0, casHigh: 0 })).toBe(Status.EXISTS)
  expect(client.remove('a', { compare: true, casLow: 0, casHigh: 0 })).toBe(Status.EXISTS)
  expect(client.set('x', 'c', { compare: true, casLow: 0, casHigh: 0 })).toBe(Status.NOT_FOUND)
  expect(client.get('a')).toBe('b')
  client.stop()
})
