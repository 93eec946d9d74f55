import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { Status } from '@memplug/engine'
import type { Feature } from '@memplug/engine'
import type { Kit } from '../kit.js'
import { TIMES, record } from '../tasks.js'
import type { Assignment } from '../tasks.js'
import { MEGABYTE } from './check.js'
import type { Check, Context } from './check.js'
import { counts } from './counting.js'
import { joins } from './storing.js'

const THREADS = 2
const DEADLINE = 60_000
const WORKER = new URL('../../worker/thread.mjs', import.meta.url)

const needs: Feature[] = ['shared']
const skip = ({ module }: Context): string | undefined => module === undefined
  ? 'threads need options.module, the URL of a .js module that exports the engine'
  : undefined

/** Starts this engine anew as thread 0 and lets two others work; answers what each came to. */
async function together (
  kit: Kit, context: Context, task: Assignment['task'], prepare = () => Promise.resolve()
): Promise<number[]> {
  await kit.stop()
  await kit.start({ thread: 0, threads: THREADS + 1 })
  await kit.flush()
  await prepare()
  const { host } = kit
  const assignment = {
    task, threads: THREADS + 1, settings: host.settings, config: host.config, time: host.now(),
    epoch: host.epoch, shared: host.shared, ready: new SharedArrayBuffer(4),
    module: toUrl(context.module!)
  }
  const workers = Array.from({ length: THREADS }, (_, i) =>
    new Worker(WORKER, { workerData: { ...assignment, thread: i + 1 }, execArgv: [] }))
  try {
    return await Promise.all(workers.map(resultOf))
  } finally {
    await Promise.all(workers.map(worker => worker.terminate()))
  }
}

function toUrl (module: string | URL): string {
  if (module instanceof URL || module.startsWith('file:')) return String(module)
  return pathToFileURL(resolve(module)).href
}

function resultOf (worker: Worker): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('a thread does not end: a lock?')), DEADLINE)
    const end = () => clearTimeout(timer)
    worker.once('message', result => { end(); resolve(result as number) })
    worker.once('error', error => { end(); reject(error) })
    worker.once('exit', code => { end(); reject(new Error(`a thread exited with ${code}`)) })
  })
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

async function assertCount (kit: Kit, results: readonly number[]): Promise<void> {
  assert.equal(sum(results), THREADS * TIMES)
  assert.equal((await kit.get('n')).text.trimEnd(), String(THREADS * TIMES))
}

export const sharing: Check[] = [
  {
    name: 'threads count on one key, and every count counts',
    needs,
    skip,
    async run (kit, context) {
      if (!kit.hasCas && !await counts(kit)) return
      await assertCount(kit, await together(kit, context, 'count', async () => {
        kit.is(await kit.put('n', '0'))
      }))
    }
  },
  {
    name: 'threads compare and store one key, and every store that succeeds counts',
    needs: [...needs, 'cas'],
    skip,
    async run (kit, context) {
      await assertCount(kit, await together(kit, context, 'countByCas', async () => {
        kit.is(await kit.put('n', '0'))
      }))
    }
  },
  {
    name: 'of the threads that ADD one key exactly one wins',
    needs,
    skip,
    async run (kit, context) {
      assert.equal(sum(await together(kit, context, 'add')), TIMES)
      for (let i = 0; i < TIMES; i++) await kit.has(`key ${i}`, `value ${i}`)
    }
  },
  {
    name: 'threads join to one value, and nothing is lost',
    needs,
    skip,
    async run (kit, context) {
      if (!await joins(kit)) return
      const lengths = await together(kit, context, 'append', async () => {
        kit.is(await kit.put('log', ''))
      })
      const { text } = await kit.get('log')
      const wanted = lengths.flatMap((count, at) =>
        Array.from({ length: count }, (_, i) => record(at + 1, i)))
      assert.deepEqual((text.match(/<\d:\d{4}>/g) ?? []).sort(), wanted)
      assert.equal(text.length, wanted.join('').length)
    }
  },
  {
    name: 'threads store, get and remove a few keys, and no value is torn',
    needs,
    skip,
    async run (kit, context) {
      const hits = await together(kit, context, 'race')
      assert.ok(sum(hits) > 0)
    }
  },
  {
    name: 'threads store more than the memory holds, and no value is torn',
    needs: [...needs, 'lru'],
    settings: { memoryLimit: 16 * MEGABYTE },
    skip,
    async run (kit, context) {
      const hits = await together(kit, context, 'evict')
      assert.ok(sum(hits) > 0)
      kit.is(await kit.put('after', 'all'), Status.SUCCESS)
      await kit.has('after', 'all')
    }
  }
]
