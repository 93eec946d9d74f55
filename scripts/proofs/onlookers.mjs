/** Clients that ask to be told of everything: dumps and watchers, above all those that stall. */
import { spawn } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, expect } from './client.mjs'
import { fill } from './fill.mjs'
import { latencies, median, percentile, SMALL } from './latency.mjs'
import { statsOf } from './stats.mjs'

const MEBIBYTE = 1 << 20
const METADUMP = 'lru_crawler metadump all\r\n'
/** Milliseconds between two portions of gets. */
const BEAT = 5

async function connectOthers (server, count) {
  const others = await Promise.all(Array.from({ length: count }, () => Client.connect(server.port)))
  await others[0].ask(SMALL, 8)
  return others
}

/** How much longer others wait, at the 99th percentile, while something goes on than before. */
async function compare (others, samples, rounds, begin, end) {
  const calm = []
  const busy = []
  await latencies(others, samples)
  for (let round = 0; round < rounds; round++) {
    calm.push(percentile(await latencies(others, samples)))
    const begun = await begin()
    busy.push(percentile(await latencies(others, samples)))
    await end(begun)
  }
  return { before: median(calm), times: median(busy) / median(calm) }
}

/** A dump that its reader does not read, and one that is read as fast as it comes. */
export const dump = {
  full: { items: 1_000_000, samples: 30_000, rounds: 7 },
  small: { items: 50_000, samples: 0, rounds: 1 },
  server: () => ({ memoryLimit: 512 * MEBIBYTE }),

  async prove (server, { items, samples, rounds }, report) {
    const others = await connectOthers(server, 8)
    await fill(others[0], 'item', 0, items, 0, 40)
    await sleep(2000)
    let more = 0
    const stalled = await compare(others, samples, rounds, async () => {
      const before = server.resident
      const client = await Client.connect(server.port)
      client.socket.pause()
      client.send(METADUMP)
      await sleep(500)
      more = Math.max(more, server.resident - before)
      return client
    }, async client => {
      client.close()
      await sleep(200)
    })
    report('stalled: more resident MiB', more / MEBIBYTE, 8)
    if (samples > 0) {
      report('stalled: p99 of others before, ms', stalled.before, Infinity)
      report('stalled: p99 of others meanwhile, times that', stalled.times, 2)
      const read = await compare(others, samples, rounds, async () => {
        const reader = spawn('bash', ['-c', `exec 3<>/dev/tcp/127.0.0.1/${server.port}
          printf '${METADUMP}' >&3; exec cat <&3 >/dev/null`])
        await sleep(100)
        return reader
      }, async reader => {
        reader.kill()
        await sleep(200)
      })
      report('read: p99 of others meanwhile, times that before', read.times, 2)
    }
    for (const client of others) client.close()
  }
}

/** Watchers that do not read, while many things happen. */
export const watchers = {
  full: { watching: 20, rate: 100_000, samples: 30_000, rounds: 7 },
  small: { watching: 20, rate: 20_000, samples: 0, rounds: 1 },
  server: () => ({ memoryLimit: 64 * MEBIBYTE }),

  async prove (server, { watching, rate, samples, rounds }, report, { threads }) {
    const others = await connectOthers(server, 8)
    const load = new Load(await Client.connect(server.port), rate)
    await sleep(500)
    let more = 0
    let missing = 0
    let tooMany = 0
    let skipped = 0
    let events = 0
    let seconds = 0
    const { before, times } = await compare(others, samples, rounds, async () => {
      await load.pause()
      const resident = server.resident
      const all = await Promise.all(Array.from({ length: watching }, () => watch(server.port)))
      const start = load.gets
      const since = performance.now()
      load.go()
      await sleep(500)
      return { all, resident, start, since }
    }, async ({ all, resident, start, since }) => {
      await load.pause()
      seconds += (performance.now() - since) / 1000
      more = Math.max(more, server.resident - resident)
      const seen = load.gets - start + samples
      events += seen
      for (const watcher of all) watcher.socket.resume()
      await sleep(300)
      // After what was skipped a line tells how many those were.
      expect(await others[0].ask('get none\r\n', 5), 'END\r\n')
      for (const watcher of all) {
        const told = await takeUntil(watcher, 'key=none status=not_found clsid=0')
        const lines = told.match(/^ts=/gm).length
        const left = [...told.matchAll(/^skipped=(\d+)$/gm)]
          .reduce((sum, [, count]) => sum + Number(count), 0)
        skipped += left
        missing = Math.max(missing, seen + 1 - lines - left)
        if (lines + left > seen + 1) tooMany++
        watcher.close()
      }
      load.go()
      await sleep(300)
    })
    await load.pause()
    report('events a second', events / seconds, Infinity)
    report('events that each was to see', events, 1, 'least')
    report('lines skipped', skipped, 1, 'least')
    // What a worker has no room for on its way to others is counted there, as in memcached.
    const dropped = (await statsOf(others[0])).log_worker_dropped
    report('watchers whose lines and skipped ones are more than there were', tooMany, 0)
    report('lines neither told, skipped nor dropped', missing, dropped)
    report('more resident MiB', more / MEBIBYTE, 16 * threads)
    if (samples > 0) {
      report('p99 of others before, ms', before, Infinity)
      report('p99 of others meanwhile, times that', times, 2)
    }
    for (const client of [load.client, ...others]) client.close()
  }
}

/** Gets that miss, so many a second. */
class Load {
  gets = 0
  #rest = 0
  #isPaused = false
  #running = Promise.resolve()

  constructor (client, rate) {
    this.client = client
    this.portion = Math.round(rate / 1000 * BEAT)
    this.bunch = 'get absent\r\n'.repeat(this.portion)
    this.go()
  }

  go () {
    this.#isPaused = false
    this.#running = this.#run()
  }

  async pause () {
    this.#isPaused = true
    await this.#running
  }

  async #run () {
    let next = performance.now()
    while (!this.#isPaused) {
      this.gets += this.portion
      await this.client.ask(this.bunch, 5 * this.portion)
      next = Math.max(next + BEAT, performance.now() - 10 * BEAT)
      await sleep(Math.max(0, next - performance.now()))
    }
  }
}

async function watch (port) {
  const client = await Client.connect(port)
  expect(await client.ask('watch fetchers\n', 4), 'OK\r\n')
  client.socket.pause()
  return client
}

async function takeUntil (client, end) {
  const chunks = []
  for (let tail = ''; !tail.includes(end);) {
    const chunk = await client.takeSome()
    chunks.push(chunk)
    tail = (tail + chunk.toString('latin1')).slice(-400)
  }
  return Buffer.concat(chunks).toString('latin1')
}
