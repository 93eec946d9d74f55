import { Status } from '@memplug/engine'
import { audit, countChunks } from './audit.js'
import { Client, MEGABYTE } from './client.js'
import { PlainEngine } from './plain-allocator.js'

const start = (megabytes = 8) =>
  new Client(new PlainEngine(), { memoryLimit: megabytes * MEGABYTE })

test('a flush costs the same whatever there is, and what it emptied makes room first', () => {
  const client = start()
  for (let i = 0; i < 8 * 1023; i++) client.set(`old ${i}`, 'x')
  void client.engine.flush()
  expect(client.stats().curr_items).toBe(8 * 1023)
  for (let i = 0; i < 4000; i++) client.set(`new ${i}`, 'y')
  expect(client.stats()).toMatchObject({ reclaimed: 4000, evictions: 0 })
  for (let i = 0; i < 4000; i++) expect(client.get(`new ${i}`)).toBe('y')
  expect(client.get('old 8000')).toBeNull()
  expect(client.stats().get_flushed).toBe(1)
  audit(client.arena)
  client.stop()
})

test('a flushed item is absent to every function', () => {
  const client = start()
  const { engine } = client
  const absent: Array<[string, () => Status]> = [
    ['get', () => engine.get(client.ask('a'))],
    ['touch', () => engine.touch(client.ask('a', { expires: 9 }))],
    ['remove', () => client.remove('a')],
    ['arithmetic', () => client.count('a', 1)]
  ]
  for (const [name, call] of absent) {
    client.set('a', '1')
    void engine.flush()
    expect([name, call()]).toEqual([name, Status.NOT_FOUND])
  }
  client.set('a', '1')
  void engine.flush()
  expect(client.set('a', '2', { mode: 2 })).toBe(Status.NOT_STORED)
  expect(client.set('a', '2', { mode: 1 })).toBe(Status.SUCCESS)
  expect(client.get('a')).toBe('2')
  client.stop()
})

test('after any number of flushes no item of an earlier one comes back', async () => {
  const client = start()
  for (let flushes = 0; flushes < 600; flushes++) {
    client.set(`of ${flushes}`, 'x')
    client.set('stays', String(flushes))
    await client.engine.flush()
    expect(client.get('stays')).toBeNull()
    if (flushes % 7 === 0) {
      for (let i = 0; i <= flushes; i++) {
        if (client.arena.generation === i % 256 || flushes > 500) {
          expect([flushes, client.get(`of ${i}`)]).toEqual([flushes, null])
        }
      }
    }
  }
  let left = 0
  client.op.keyEnd = client.op.keyStart
  for (let cursor = 0; (cursor = client.engine.scan(client.op, cursor)) !== 0;) {
    if (client.op.keyEnd > client.op.keyStart) left++
  }
  expect(left).toBe(0)
  audit(client.arena)
  client.stop()
})

test('flushes that follow one another too fast wait until their numbers are free', async () => {
  const client = start()
  for (let i = 0; i < 8000; i++) client.set(`gone ${i}`, 'x')
  const answers = Array.from({ length: 600 }, () => client.engine.flush())
  expect(answers[0]).toBe(Status.SUCCESS)
  expect(answers.at(-1)).toBeInstanceOf(Promise)
  const settled = await Promise.all(answers.map(async answer => answer))
  expect(new Set(settled)).toEqual(new Set([Status.SUCCESS]))
  expect(client.stats().curr_items).toBe(0)
  client.stop()
})

test('a flush that waits when the engine ends is not done', async () => {
  const client = start()
  const answers = Array.from({ length: 300 }, () => client.engine.flush())
  client.stop()
  expect(await answers.at(-1)).toBe(Status.TEMPORARY_FAILURE)
})

test('the upkeep frees what was flushed before numbers are used again', async () => {
  const client = new Client(
    new PlainEngine(), { memoryLimit: 8 * MEGABYTE, lruCrawler: false, evictions: false })
  for (let i = 0; i < 8000; i++) client.set(`gone ${i}`, 'x')
  for (let i = 0; i < 20; i++) void client.engine.flush()
  client.set('stays', 'x')
  await until(() => client.stats().curr_items === 1)
  expect(client.get('stays')).toBe('x')
  audit(client.arena)
  client.stop()
})

async function until (isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(resolve => setTimeout(resolve, 5))
}

test('when flush numbers are used again, what is held stays until it is released', async () => {
  const client = start()
  client.set('a', 'value')
  client.engine.get(client.ask('a'))
  const { item, value, valueStart } = client.op
  for (let i = 0; i < 512; i++) await client.engine.flush()
  expect(client.stats().curr_items).toBe(0)
  expect(value.toString('latin1', valueStart, valueStart + 5)).toBe('value')
  client.op.item = item
  client.engine.release(client.op)
  expect(countChunks(client.arena)).toBe(0)
  client.stop()
})
