// argument: how workers end: terminate, exit or throw. None of them closes its transport.
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { EpollTransport } from '@memplug/transport'

const how = process.argv[2]
const ROUNDS = 5

async function serve () {
  const transport = new EpollTransport()
  const accept = link => ({
    receive () {
      // More than the kernel takes, so that the thread ends with bytes unsent.
      const held = Buffer.alloc(1 << 24)
      link.sendHeld(held, 0, held.length, 0)
      parentPort.postMessage('busy')
      if (workerData === 'exit') process.exit()
      if (workerData === 'throw') throw new Error('the end of a worker')
    },
    drained () {}, sent () {}, ended () {}, closed () {}
  })
  parentPort.postMessage(await transport.listen({ host: '127.0.0.1', port: 0 }, 16, accept))
}

async function runWorker () {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: how })
  worker.on('error', () => {})
  // Not once(): that rejects when the worker throws.
  const exit = new Promise(resolve => worker.on('exit', resolve))
  const nextMessage = () => new Promise(resolve => worker.once('message', resolve))
  const address = await nextMessage()
  const client = connect(Number(address.split(':').at(-1)), '127.0.0.1')
  client.on('error', () => {})
  await once(client, 'connect')
  client.pause()
  const busy = nextMessage()
  client.write('x')
  await busy
  if (how === 'terminate') await worker.terminate()
  await exit
  client.destroy()
}

function openDescriptors () { return readdirSync('/proc/self/fd').length }

if (isMainThread) {
  await runWorker()
  await new Promise(resolve => setTimeout(resolve, 20))
  const before = openDescriptors()
  for (let i = 0; i < ROUNDS; i++) await runWorker()
  await new Promise(resolve => setTimeout(resolve, 20))
  console.log(JSON.stringify({ grown: openDescriptors() - before }))
} else await serve()
