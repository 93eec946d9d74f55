// One thread accepts, and hands the connections to two workers in turn, which answer with a name.
import { once } from 'node:events'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { EpollTransport } from '@memplug/transport'

const CLIENTS = 20
const transport = new EpollTransport()

function receiverFor (link) {
  const { output } = transport
  return {
    receive (input, start, end) {
      output.end += output.bytes.write(
        `${workerData} ${link.local} ${link.remote} ${input.toString('latin1', start, end)}`,
        output.end)
      link.flush()
    },
    drained () {}, sent () {}, ended () { link.end() }, closed () {}
  }
}

async function main () {
  const workers = ['a', 'b'].map(workerData => {
    return new Worker(fileURLToPath(import.meta.url), { workerData })
  })
  await Promise.all(workers.map(worker => once(worker, 'message')))
  let accepted = 0
  const address = await transport.listenFds({ host: '127.0.0.1', port: 0 }, 64, descriptor => {
    const number = accepted++
    if (number === CLIENTS) transport.closeFd(descriptor)
    else workers[number % 2].postMessage(descriptor)
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
    worker.postMessage(-1)
    await once(worker, 'exit')
  }
  await transport.close()
  console.log(JSON.stringify({ names, accepted }))
}

if (isMainThread) await main()
else {
  parentPort.on('message', async descriptor => {
    if (descriptor >= 0) {
      transport.adopt(descriptor, receiverFor)
      return
    }
    await transport.close()
    parentPort.close()
  })
  parentPort.postMessage('ready')
}
