import { setTimeout as sleep } from 'node:timers/promises'
import type { Discard } from '@memplug/arena'
import { MallocEngine } from '../src/index.js'
import { Client } from './client.js'

const BLOCK = 65_536

/** An engine that gives memory back by means of `discard`, if it comes to that. */
function open (config: Record<string, string>, discard: Discard | null): Client {
  return new Client({}, config, new MallocEngine(() => discard))
}

/** Stores and removes 1 MB, and lets it be idle for long enough. */
async function idle (client: Client, isDone: () => boolean): Promise<void> {
  client.set('key', 1_000_000)
  const op = client.op('key')
  client.engine.remove(op)
  client.host.clock.time += 100
  for (let i = 0; i < 80 && !isDone(); i++) await sleep(50)
}

test('idle blocks are given back once each, whole and in one piece where they can be', async () => {
  const ranges: number[][] = []
  const client = open({ decay: '30' }, (_memory, offset, length) => {
    ranges.push([offset, offset + length])
    return length
  })
  await idle(client, () => Number(client.stats('extents').resident) === 0)
  client.engine.destroy()
  ranges.sort(([a], [b]) => a - b)
  expect(ranges.every(([from, to]) => from % BLOCK === 0 && to % BLOCK === 0)).toBe(true)
  expect(ranges.every(([from], i) => i === 0 || from === ranges[i - 1][1])).toBe(true)
  expect(ranges[0][0]).toBe(2 ** 20)
  expect(ranges[ranges.length - 1][1]).toBe(2 ** 20 + 16 * BLOCK)
})

test('when the system will not take memory, that is logged once and given up', async () => {
  let calls = 0
  const client = open({ decay: '30' }, () => {
    calls++
    throw new Error('Invalid argument')
  })
  await idle(client, () => calls > 0)
  await sleep(250)
  client.engine.destroy()
  expect(calls).toBe(1)
  expect(client.host.lines.map(([level]) => level)).toEqual(['warn'])
})

test('without the addon a decay that was asked for is a warning', () => {
  const asked = open({ decay: '30' }, null)
  expect(asked.host.lines).toEqual([['warn', expect.stringContaining('not built')]])
  asked.engine.destroy()
  const unasked = open({}, null)
  expect(unasked.host.lines).toEqual([])
  unasked.engine.destroy()
})
