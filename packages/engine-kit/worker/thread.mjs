/** One of the threads of the kit's tests for the feature 'shared'. */
import { parentPort, workerData } from 'node:worker_threads'
import { runTask } from '../dist/tasks.js'

const { createEngine, default: make = createEngine } = await import(workerData.module)
parentPort.postMessage(await runTask(make(), workerData))
