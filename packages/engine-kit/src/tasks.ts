import assert from 'node:assert/strict'
import { Arithmetic, Status, Store } from '@memplug/engine'
import type { Config, Engine, Settings } from '@memplug/engine'
import { Kit } from './kit.js'
import type { Told } from './kit.js'
import { seededRandom } from './random.js'
import { Clock } from './test-host.js'

/** What one thread of a test over shared items is to do. */
export interface Assignment {
  readonly task: keyof typeof tasks
  readonly thread: number
  readonly threads: number
  readonly settings: Partial<Settings>
  readonly config: Config
  readonly time: number
  readonly epoch: number
  /** What thread 0 put into host.shared. */
  readonly shared: unknown
  /** One int32: the threads that are ready. */
  readonly ready: SharedArrayBuffer
}

/** How often each thread does it. */
export const TIMES = 3000
const RECORDS = 300

/** Joins the engine to the shared items, waits for the others, and works with them. */
export async function runTask (engine: Engine, assignment: Assignment): Promise<number> {
  const { settings, config, time, epoch, thread, threads, shared, task } = assignment
  const kit = new Kit(engine, { settings, config, clock: new Clock(time, epoch) })
  await kit.start({ thread, threads, shared })
  meet(assignment)
  const result = await tasks[task](kit, thread)
  await kit.stop()
  return result
}

/** All threads but thread 0, which looks on, begin together. */
function meet ({ ready, threads }: Assignment): void {
  const count = new Int32Array(ready)
  Atomics.add(count, 0, 1)
  Atomics.notify(count, 0)
  for (let there = 1; there < threads - 1; there = Atomics.load(count, 0)) {
    Atomics.wait(count, 0, there, 100)
  }
}

/** Each answers a number for thread 0 to add up. */
export const tasks = {
  /** Counts on one key; where the engine does not count, as a server does it in its place. */
  async count (kit: Kit): Promise<number> {
    for (let i = 0; i < TIMES; i++) {
      const told = await kit.arithmetic('n', 1, { mode: Arithmetic.INCREMENT })
      if (told.status === Status.NOT_SUPPORTED) await countByCas(kit)
      else kit.is(told)
    }
    return TIMES
  },

  async countByCas (kit: Kit): Promise<number> {
    for (let i = 0; i < TIMES; i++) await countByCas(kit)
    return TIMES
  },

  /** Of the threads that add a key, one wins. Answers how often it was this one. */
  async add (kit: Kit): Promise<number> {
    let wins = 0
    for (let i = 0; i < TIMES; i++) {
      const told = await kit.put(`key ${i}`, `value ${i}`, { mode: Store.ADD })
      if (told.status === Status.SUCCESS) wins++
      else kit.is(told, Status.NOT_STORED)
      await kit.has(`key ${i}`, `value ${i}`)
    }
    return wins
  },

  async append (kit: Kit, thread: number): Promise<number> {
    for (let i = 0; i < RECORDS; i++) {
      const mode = i % 2 === 0 ? Store.APPEND : Store.PREPEND
      kit.is(await kit.put('log', record(thread, i), { mode }))
    }
    return RECORDS
  },

  /** Few keys: every thread is always at each. */
  race: (kit: Kit, thread: number) => raceOver(kit, thread, 8, 2000),

  /** More than the memory holds. */
  evict: (kit: Kit, thread: number) => raceOver(kit, thread, 2000, 40_000)
} as const

/** Told by a thread of its own accord: 8 bytes. */
export function record (thread: number, i: number): string {
  return `<${thread}:${String(i).padStart(4, '0')}>`
}

async function countByCas (kit: Kit): Promise<void> {
  for (;;) {
    const { text, cas } = await kit.get('n')
    const told = await kit.put('n', String(Number(text) + 1), { compare: true, ...cas })
    if (told.status === Status.SUCCESS) return
    kit.is(told, Status.EXISTS)
  }
}

/** Stores, gets and removes values that tell whether they are whole. Answers the hits. */
async function raceOver (
  kit: Kit, thread: number, keys: number, mostBytes: number
): Promise<number> {
  const random = seededRandom(thread)
  const below = (end: number): number => Math.floor(random() * end)
  let hits = 0
  for (let i = 0; i < TIMES; i++) {
    const key = `key ${below(keys)}`
    const choice = below(10)
    if (choice === 0) await kit.remove(key)
    else if (choice < 5) {
      const value = selfTelling(16 + below(mostBytes), below(256))
      kit.is(await kit.put(key, value, { flags: value.readUInt32LE(4) | 0 }))
    } else {
      const told = await kit.get(key)
      if (told.status === Status.SUCCESS) hits++
      assertWhole(told)
    }
  }
  return hits
}

/** Bytes: the length, a sum, a fill byte, and that byte to the end. */
function selfTelling (length: number, fill: number): Buffer {
  const value = Buffer.alloc(length, fill)
  value.writeUInt32LE(length, 0)
  value.writeUInt32LE((length * 257 + fill) >>> 0, 4)
  return value
}

function assertWhole ({ status, value, flags }: Told): void {
  if (status === Status.NOT_FOUND) return
  assert.equal(status, Status.SUCCESS)
  const fill = value.at(-1)!
  assert.ok(value.equals(selfTelling(value.length, fill)), 'a torn value')
  assert.equal(flags, value.readUInt32LE(4) | 0, 'the flags of another value')
}
