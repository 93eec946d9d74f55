// argument: net or epoll. Clients of one batch; the receiver of the second throws half way.
import { once } from 'node:events'
import { connect } from 'node:net'
import { createTransport } from '@memplug/transport'

const transport = createTransport(process.argv[2], () => {})
const { output } = transport
const errors = []
const closed = []
process.on('uncaughtException', error => errors.push(error.message))

function accept (link) {
  return {
    receive (input, start, end) {
      const text = input.toString('latin1', start, end)
      output.end += output.bytes.write(`<${text}>`, output.end)
      if (text === 'throw') throw new Error(`thrown in ${text}`)
      link.flush()
    },
    drained () {},
    sent () {},
    ended () { link.end() },
    closed () { closed.push(link) }
  }
}

const address = await transport.listen({ host: '127.0.0.1', port: 0 }, 16, accept)
const port = Number(address.split(':').at(-1))
const words = ['one', 'throw', 'three']
const clients = words.map(() => connect(port, '127.0.0.1'))
await Promise.all(clients.map(client => once(client, 'connect')))
const texts = clients.map(() => '')
const replies = Promise.all(clients.map(async (client, i) => {
  client.on('error', () => {})
  client.on('data', data => { texts[i] += data })
  if (words[i] === 'throw') await once(client, 'close')
  else await once(client, 'data')
}))
clients.forEach((client, i) => client.write(words[i]))
await replies
const lost = closed.length
clients[0].write('again')
await once(clients[0], 'data')
await transport.close()
for (const client of clients) client.destroy()
console.log(JSON.stringify({ errors, texts, lost }))
