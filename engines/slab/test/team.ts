import { Worker } from 'node:worker_threads'
import { Client, MEGABYTE } from '../../../packages/arena/test/client.js'
import { SlabEngine } from '@memplug/slab'

const WORKER = new URL('./threads/worker.mjs', import.meta.url)
const WORKERS = 2

/** An engine, this thread's, whose items workers share. */
export class Team extends Client {
  constructor (megabytes: number, config: Record<string, string> = {}) {
    super(new SlabEngine(), { memoryLimit: megabytes * MEGABYTE }, config, WORKERS + 1)
  }

  /** Lets workers do a task, and answers what each came to. */
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
}
