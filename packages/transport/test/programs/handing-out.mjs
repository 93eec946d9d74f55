// One thread accepts, and hands the connections to two workers in turn, which answer with a name.
import { once } from 'node:events'
import { closeSync } from 'node:fs'
import { connect } from 'node:net'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { createTransport } from '@memplug/transport'

const CLIENTS = 20
const kind = isMainThread ? process.argv[2] : workerData.kind
const transport = createTransport(kind, () => {})

function receiverFor (link) {
  const { output } = transport
  return {
    receive (input, start, end) {
      output.end += output.bytes.write(
        `${workerData.name} ${link.local} ${link.remote} ${input.toString('latin1', start, end)}`,
        output.end)
      link.flush()
    },
    drained () {}, sent () {}, ended () { link.end() }, closed () {}
  }
}

async function main () {
  const workers = ['a', 'b'].map(name => {
    return new Worker(fileURLToPath(import.meta.url), { workerData: { name, kind } })
  })
  await Promise.all(workers.map(worker => once(worker, 'message')))
  let accepted = 0
  const nearby = { host: '127.0.0.1', port: 0 }
  const address = await transport.listenFds(nearby, 64, (descriptor, local) => {
    const number = accepted++
    if (number === CLIENTS) closeSync(descriptor)
    else workers[number % 2].postMessage({ descriptor, local })
  })
  const port = Number(address.split(':').at(-1))
  const names = {}
  for (let i = 0; i < CLIENTS; i++) {
    const client = connect(port, '127.0.0.1').setEncoding('latin1')
    await once(client, 'connect')
    client.write(`hello ${i}`)
    const [reply] = await once(client, 'data')
    const [name, ...rest] = reply.split(' ')
    const expected = `${address} tcp:127.0.0.1:${client.localPort} hello ${i}`
    if (rest.join(' ') !== expected) throw new Error(`got ${reply}, not ${expected}`)
    names[name] = (names[name] ?? 0) + 1
    client.end()
    await once(client, 'close')
  }
  const refused = connect(port, '127.0.0.1')
  refused.resume()
  await once(refused, 'close')
  for (const worker of workers) {
    worker.postMessage({ descriptor: -1 })
    await once(worker, 'exit')
  }
  await transport.close()
  console.log(JSON.stringify({ names, accepted }))
}

if (isMainThread) await main()
else {
  parentPort.on('message', async ({ descriptor, local }) => {
    if (descriptor >= 0) {
      transport.adopt(descriptor, receiverFor, local)
      return
    }
    await transport.close()
    parentPort.close()
  })
  parentPort.postMessage('ready')
}
