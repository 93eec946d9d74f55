/** Counting by prefix, whatever clients make up. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, expect } from './client.mjs'

const MEBIBYTE = 1 << 20
const BUNCH = 1000
const MOST = 10_000

/** As many prefixes as there are gets, and dumps of what was counted all the while. */
export const prefixes = {
  full: { count: 1_000_000, storms: 200 },
  small: { count: 100_000, storms: 20 },
  server: () => ({ memoryLimit: 64 * MEBIBYTE }),

  async prove (server, { count, storms }, report, { threads }) {
    const [client, ...dumpers] = await Promise.all(
      Array.from({ length: 5 }, () => Client.connect(server.port)))
    await ask(client, 0, 20_000, 'p')
    for (const dumper of dumpers) await dumpAll(dumper)
    await sleep(500)
    const before = server.resident
    server.forgetPeak()
    expect(await client.ask('stats detail on\r\n', 4), 'OK\r\n')
    const asking = ask(client, 0, count, 'p')
    let dumped = 0
    await Promise.all([asking, ...dumpers.map(async dumper => {
      for (let i = 0; i < storms / dumpers.length; i++) {
        await dumpAll(dumper)
        dumped++
      }
    })])
    const lines = await dumpAll(client)
    const gets = lines.reduce((sum, line) => sum + Number(/ get (\d+) /.exec(line)[1]), 0)
    report('dumps of all meanwhile', dumped, storms, 'least')
    report('prefixes that are told, and one line for all others', lines.length, MOST + 1)
    report('gets that are not counted', count - gets, 0)
    await sleep(1000)
    report('more resident MiB', (server.resident - before) / MEBIBYTE, 8 * threads)
    const peak = (server.peak - before) / MEBIBYTE
    report('more resident MiB at the peak, dumps and all', peak, 24 * threads)
    for (const each of [client, ...dumpers]) each.close()
  }
}

async function ask (client, from, to, name) {
  for (let at = from; at < to; at += BUNCH) {
    const lines = Array.from({ length: BUNCH }, (_, i) => `get ${name}${at + i}:k\r\n`).join('')
    await client.ask(lines, 5 * BUNCH)
  }
}

/** Answers the lines of prefixes. */
async function dumpAll (client) {
  let text = ''
  client.send('stats detail dump\r\n')
  while (!text.endsWith('END\r\n')) text += (await client.takeSome()).toString('latin1')
  return text.split('\r\n').filter(line => line.startsWith('PREFIX '))
}
