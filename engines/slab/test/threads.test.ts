import { Worker } from 'node:worker_threads'
import { Op, Status, Store } from '@memplug/engine'
import { TestHost } from '@memplug/engine-kit'
import { SlabEngine } from '@memplug/slab'

const WORKER = new URL('./threads/worker.mjs', import.meta.url)
const WORKERS = 2
const MEGABYTE = 1 << 20

/** An engine, this thread's, whose items the workers share. */
class Team {
  readonly engine = new SlabEngine()
  readonly op = new Op()
  readonly host: TestHost

  constructor (megabytes: number) {
    const settings = { memoryLimit: megabytes * MEGABYTE }
    this.host = new TestHost(settings, {}, undefined, { thread: 0, threads: WORKERS + 1 })
    this.engine.initialize(this.host)
  }

  /** Lets both workers do a task, and answers what each came to. */
  async do (task: string, times: number, workers = WORKERS): Promise<number[]> {
    const workerData = {
      task, times, threads: WORKERS + 1, settings: this.host.settings, shared: this.host.shared,
      ready: new SharedArrayBuffer(4)
    }
    return Promise.all(Array.from({ length: workers }, (_, i) => new Promise<number>(
      (resolve, reject) => {
        const worker = new Worker(WORKER, { workerData: { ...workerData, thread: i + 1 } })
        worker.once('message', resolve)
        worker.once('error', reject)
      })))
  }

  set (key: string, value: string): Status {
    const { op, engine } = this
    this.ask(key)
    op.size = value.length
    const status = engine.allocate(op)
    if (status !== Status.SUCCESS) return status
    op.value.latin1Write(value, op.valueStart)
    op.mode = Store.SET
    const stored = engine.store(op)
    engine.release(op)
    return stored
  }

  get (key: string): string | null {
    const { op, engine } = this
    this.ask(key)
    if (engine.get(op) !== Status.SUCCESS) return null
    const value = op.value.latin1Slice(op.valueStart, op.valueEnd)
    engine.release(op)
    return value
  }

  ask (key: string): void {
    this.op.key = Buffer.from(key)
    this.op.keyStart = 0
    this.op.keyEnd = key.length
    this.op.mode = 0
  }

  stats (group = ''): Record<string, number> {
    const stats: Record<string, number> = {}
    this.engine.getStats(group, (name, value) => { stats[name] = Number(value) })
    return stats
  }
}

test('two threads that count to a million each on one key count to two million', async () => {
  const team = new Team(64)
  team.set('key 0', '0')
  expect(await team.do('count', 1_000_000)).toEqual([1_000_000, 1_000_000])
  expect(team.get('key 0')!.trimEnd()).toBe('2000000')
  team.engine.destroy()
}, 60_000)

test('no value is torn while threads set, get, remove and evict few keys', async () => {
  const team = new Team(2)
  expect(await team.do('tear', 200_000)).toEqual([0, 0])
  team.engine.destroy()
}, 60_000)

test('of the stores that race with one cas exactly one wins', async () => {
  const team = new Team(64)
  team.set('key 1', 'x')
  const wins = await team.do('race', 20_000)
  expect(wins[0] + wins[1]).toBe(20_000)
  team.engine.destroy()
}, 60_000)

test('threads that fill the memory with all sizes are never refused, and keep the limit', async () => {
  const team = new Team(16)
  expect(await team.do('fill', 30_000)).toEqual([0, 0])
  const { total_malloced: malloced } = team.stats('slabs')
  expect(malloced).toBeLessThanOrEqual(16 * MEGABYTE)
  expect(team.stats().evictions).toBeGreaterThan(0)
  team.engine.destroy()
}, 60_000)

test('the table grows under the feet of threads that store, and loses nothing', async () => {
  const team = new Team(128)
  expect(await team.do('grow', 200_000)).toEqual([0, 0])
  expect(team.stats().curr_items).toBe(400_000)
  expect(team.stats().hash_bytes).toBeGreaterThan(4 * 300_000)
  team.engine.destroy()
}, 60_000)

test('the holds of a thread that died end when its successor starts', async () => {
  const team = new Team(64)
  await team.do('hold', 1, 1)
  team.engine.flush()
  const busy = () => Object.entries(team.stats('slabs'))
    .filter(([name]) => name.endsWith(':used_chunks')).reduce((sum, [, used]) => sum + used, 0)
  // Every item was told gone, but the dead thread holds all of them.
  for (let i = 0; i < 16; i++) expect(team.get(`key ${i}`)).toBeNull()
  expect(busy()).toBe(16)
  await team.do('hold', 0, 1)
  team.engine.flush()
  team.engine.destroy()
}, 60_000)
