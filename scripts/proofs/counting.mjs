/** Commands that race for one key. */
import { Client, expect } from './client.mjs'

const CONNECTIONS = 16
const BUNCH = 500

/** No addition is lost. */
export const incr = {
  full: { each: 100_000 },
  small: { each: 5000 },
  server: () => ({}),

  async prove (server, { each }, report) {
    const clients = await connectAll(server)
    expect(await clients[0].ask('set n 0 0 1\r\n0\r\n', 8), 'STORED\r\n')
    const bunch = 'incr n 1 noreply\r\n'.repeat(BUNCH)
    await Promise.all(clients.map(async client => {
      for (let at = 0; at < each; at += BUNCH) {
        expect(await client.ask(`${bunch}version\r\n`, 16), 'VERSION 1.6.45\r\n')
      }
    }))
    const total = CONNECTIONS * each
    const answer = `VALUE n 0 ${String(total).length}\r\n${total}\r\nEND\r\n`
    const got = await clients[0].ask('get n\r\n', answer.length)
    report('the number is the sum', Number(got.split('\r\n')[1]) - total, 0)
    for (const client of clients) client.close()
  }
}

/** Of those who compare with the same cas one stores. */
export const cas = {
  full: { rounds: 10_000 },
  small: { rounds: 300 },
  server: () => ({}),

  async prove (server, { rounds }, report) {
    const clients = await connectAll(server)
    let wrong = 0
    for (let round = 0; round < rounds; round++) {
      await clients[0].ask('set k 0 0 1\r\na\r\n', 8)
      clients[0].send('gets k\r\nversion\r\n')
      const unique = /VALUE k 0 1 (\d+)/.exec(await takeUntilVersion(clients[0]))[1]
      const replies = await Promise.all(clients.map(client =>
        client.ask(`cas k 0 0 1 ${unique}\r\nb\r\n`, 8)))
      const stored = replies.filter(reply => reply === 'STORED\r\n').length
      const exists = replies.filter(reply => reply === 'EXISTS\r\n').length
      if (stored !== 1 || stored + exists !== CONNECTIONS) wrong++
    }
    report('rounds', rounds, rounds, 'least')
    report('rounds not won by exactly one', wrong, 0)
    for (const client of clients) client.close()
  }
}

async function takeUntilVersion (client) {
  let text = ''
  while (!text.endsWith('VERSION 1.6.45\r\n')) text += (await client.take(1)).toString('latin1')
  return text
}

function connectAll ({ port }) {
  return Promise.all(Array.from({ length: CONNECTIONS }, () => Client.connect(port)))
}
