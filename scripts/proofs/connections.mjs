/** Connections that do nothing, and connections that come and go. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, expect } from './client.mjs'

const VERSION = 'VERSION 1.6.45\r\n'
const KIBIBYTE = 1024
const MEBIBYTE = 1 << 20

/** Runs a function so many times, `width` at a time. */
async function repeat (count, width, run) {
  let next = 0
  await Promise.all(Array.from({ length: Math.min(width, count) }, async () => {
    while (next < count) await run(next++)
  }))
}

/** Many connections that wait, of which each sends one command. */
export const idle = {
  full: { connections: 10_000, kibibytes: 10 },
  small: { connections: 2000, kibibytes: 20 },
  server: ({ connections }) => ({ maxConnections: connections + 100 }),

  async prove (server, { connections, kibibytes }, report) {
    const clients = []
    await warmUp(server)
    const before = server.resident
    await repeat(connections, 100, async at => {
      clients[at] = await Client.connect(server.port, loopback(at))
    })
    let served = 0
    await repeat(connections, 100, async at => {
      expect(await clients[at].ask('version\r\n', VERSION.length), VERSION)
      served++
    })
    await sleep(1000)
    const each = (server.resident - before) / connections / KIBIBYTE
    report('connections served', served, connections, 'least')
    report('resident KiB each', each, kibibytes)
    for (const client of clients) client.close()
  }
}

/** Connections that are made, used once and closed, by the client's FIN and by its reset. */
export const churn = {
  full: { cycles: 1_000_000, first: 100_000, growth: 8 },
  small: { cycles: 2000, first: 1000, growth: 48 },
  server: () => ({}),

  async prove (server, { cycles, first, growth }, report) {
    let most = 0
    const cycle = async at => {
      const client = await Client.connect(server.port, loopback(at))
      expect(await client.ask('version\r\n', VERSION.length), VERSION)
      if (at % 2 === 0) client.socket.resetAndDestroy()
      else client.close()
      if (at % 500 === 0) most = Math.max(most, server.resident)
    }
    await warmUp(server)
    const { descriptors } = server
    await repeat(first, 50, cycle)
    // JavaScript's heaps have ups and downs: what counts is how high they go.
    most = 0
    await repeat(cycles / 2, 50, cycle)
    const before = most
    most = 0
    await repeat(cycles / 2, 50, cycle)
    await sleep(1000)
    report('cycles', cycles, cycles, 'least')
    report('more descriptors', server.descriptors - descriptors, 0)
    report('more resident MiB in the second half', (most - before) / MEBIBYTE, growth)
  }
}

/** Another address of the machine's own for each hundred: there are only so many ports. */
function loopback (at) { return `127.0.0.${2 + Math.floor(at / 100) % 200}` }

/** So that what the server needs once is there: code, buffers, tables. */
async function warmUp (server) {
  await repeat(300, 50, async () => {
    const client = await Client.connect(server.port)
    expect(await client.ask('version\r\n', VERSION.length), VERSION)
    client.close()
  })
  await sleep(300)
}
