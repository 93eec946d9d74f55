/** Large replies: to a client that does not read them, and to a line of very many keys. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, expect } from './client.mjs'
import { latencies, median, percentile, SMALL } from './latency.mjs'

const MEBIBYTE = 1 << 20
const SIZE = 1_000_000

/** A client asks for much and reads nothing, then everything; others are served meanwhile. */
export const reader = {
  full: { megabytes: 1000, samples: 4000, rounds: 9 },
  small: { megabytes: 50, samples: 0, rounds: 1 },
  server: () => ({ memoryLimit: 64 * MEBIBYTE, maxItemSize: 2 * MEBIBYTE }),

  async prove (server, { megabytes, samples, rounds }, report) {
    const value = Buffer.from(Array.from({ length: SIZE }, (_, at) => at * 7 + (at >> 8) & 255))
    const one = around(`VALUE big 0 ${SIZE}\r\n`, value, '\r\nEND\r\n')
    const others = await Promise.all(Array.from({ length: 8 }, () => Client.connect(server.port)))
    await others[0].ask(around(`set big 0 0 ${SIZE}\r\n`, value, '\r\n'), 8)
    await others[0].ask(SMALL, 8)
    for (let i = 0; i < 20; i++) {
      others[0].send('get big\r\n')
      await others[0].take(one.length)
    }
    await latencies(others, samples)
    const calm = []
    const busy = []
    let slow
    let more = 0
    // One after the other, and again: what else the machine does hits both alike.
    for (let round = 0; round < rounds; round++) {
      slow?.close()
      await sleep(500)
      calm.push(percentile(await latencies(others, samples)))
      const before = server.resident
      slow = await Client.connect(server.port)
      slow.socket.pause()
      slow.send('get big\r\n'.repeat(megabytes))
      await sleep(500)
      busy.push(percentile(await latencies(others, samples)))
      more = Math.max(more, server.resident - before)
    }
    report('more resident MiB', more / MEBIBYTE, 8)
    if (samples > 0) {
      report('p99 of others before, ms', median(calm), Infinity)
      report('p99 of others meanwhile, times that', median(busy) / median(calm), 2)
    }
    report('wrong chunks once it reads', await countWrong(slow.socket, one, megabytes), 0)
    report('bytes read', one.length * megabytes, one.length * megabytes, 'least')
    for (const client of [slow, ...others]) client.close()
  }
}

function around (head, value, tail) {
  return Buffer.concat([Buffer.from(head), value, Buffer.from(tail)])
}

/** Reads the same bytes so many times; answers in how many chunks they were not the same. */
function countWrong (socket, expected, times) {
  let at = 0
  let wrong = 0
  return new Promise((resolve, reject) => {
    socket.removeAllListeners('data')
    socket.on('close', () => { reject(new Error('the server has closed the connection')) })
    socket.on('data', chunk => {
      for (let done = 0; done < chunk.length;) {
        const from = at % expected.length
        const size = Math.min(expected.length - from, chunk.length - done)
        if (expected.compare(chunk, done, done + size, from, from + size) !== 0) wrong++
        done += size
        at += size
      }
      if (at >= expected.length * times) resolve(wrong)
    })
    socket.resume()
  })
}

/** One line of very many keys, of which all hit or all miss. */
export const multiget = {
  full: { keys: 100_000 },
  small: { keys: 100_000 },
  server: () => ({ memoryLimit: 64 * MEBIBYTE }),

  async prove (server, { keys }, report) {
    const client = await Client.connect(server.port)
    const value = 'v'.repeat(100)
    const all = Array.from({ length: keys }, (_, at) => `key${String(at).padStart(6, '0')}`)
    const sets = all.map(key => `set ${key} 0 0 100 noreply\r\n${value}\r\n`).join('')
    expect(await client.ask(`${sets}version\r\n`, 16), 'VERSION 1.6.45\r\n')
    const few = `get ${all.slice(0, 100).join(' ')}\r\n`
    const tell = keys =>
      `${keys.map(key => `VALUE ${key} 0 100\r\n${value}\r\n`).join('')}END\r\n`
    const fewHits = tell(all.slice(0, 100))
    for (let i = 0; i < 1000; i++) expect(await client.ask(few, fewHits.length), fewHits)
    const ways = { hit: [all, tell(all)], miss: [all.map(key => `no${key}`), 'END\r\n'] }
    for (const [name, [asked, answer]] of Object.entries(ways)) {
      const line = `get ${asked.join(' ')}\r\n`
      await sleep(1000)
      const before = server.resident
      server.forgetPeak()
      expect(await client.ask(line, answer.length), answer)
      const peak = server.peak
      await sleep(1000)
      report(`all ${name}: more resident MiB at the peak`, (peak - before) / MEBIBYTE, 16)
      report(`all ${name}: more afterwards`, (server.resident - before) / MEBIBYTE, 4)
    }
    client.close()
  }
}
