/** What thread 0 does beside requests, a little at a time: how little, over millions of items. */
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client } from './client.mjs'
import { fill } from './fill.mjs'
import { statsOf } from './stats.mjs'

const MEBIBYTE = 1 << 20
const STOPWATCH = fileURLToPath(new URL('stopwatch.mjs', import.meta.url))
const MARK = '@stopwatch '

/** Milliseconds: the longest that background work may hold a lock, or keep a thread busy. */
const MOST_LOCKED = 1
const MOST_STALLED = 5

/** Sends a command and waits for the end of an answer that is of any length. */
function askUntil (client, command, end) {
  client.send(command)
  let tail = ''
  return new Promise(resolve => {
    const hear = chunk => {
      tail = (tail + chunk.subarray(-16).toString('latin1')).slice(-16)
      if (!tail.endsWith(end)) return
      client.socket.off('data', hear)
      client.forget()
      resolve()
    }
    client.socket.on('data', hear)
  })
}

const line = (client, command) => askUntil(client, `${command}\r\n`, '\r\n')
const dump = (client, kind, end) => askUntil(client, `lru_crawler ${kind} all\r\n`, end)

async function repeat (times, run) { for (let i = 0; i < times; i++) await run(i) }

/** What is done, one after the other, and the time that its work needs afterwards, in seconds. */
const stages = {
  slab: {
    'storing': [2, async (client, items) => {
      await fill(client, 'a', 0, items, 0, 40)
      await fill(client, 'b', 0, items, 3, 40)
    }],
    'expiry of half of them': [6, client => line(client, 'lru_crawler crawl all')],
    'metadump': [0, client => dump(client, 'metadump', 'END\r\n')],
    'mgdump': [0, client => dump(client, 'mgdump', 'EN\r\n')],
    'moving pages': [3, async (client, items) => {
      await fill(client, 'c', 0, items / 20, 0, 600)
      const stats = await statsOf(client, 'slabs')
      const [small, large] = Object.entries(stats)
        .filter(([name]) => name.endsWith(':total_pages'))
        .sort(([, one], [, other]) => other - one).map(([name]) => name.split(':')[0])
      await repeat(20, async () => {
        await line(client, `slabs reassign ${small} ${large}`)
        await sleep(100)
      })
    }],
    'other sizes': [3, async (client, items) => {
      await repeat(10, i => fill(client, `d${i}`, 0, items / 50, 0, 500 << (i % 4)))
    }],
    'cache_memlimit': [4, async (client, items, megabytes) => {
      await line(client, `cache_memlimit ${Math.ceil(megabytes / 4)}`)
    }],
    'flush_all': [0, client => line(client, 'flush_all')],
    'metadump of what was flushed': [3, client => dump(client, 'metadump', 'END\r\n')],
    '600 times flush_all': [2, async (client, items, megabytes) => {
      await line(client, `cache_memlimit ${megabytes}`)
      await fill(client, 'e', 0, items, 0, 40)
      await repeat(600, () => line(client, 'flush_all'))
    }]
  },
  malloc: {
    'storing': [2, async (client, items) => {
      await fill(client, 'a', 0, items, 0, 40)
      await fill(client, 'b', 0, items, 3, 40)
    }],
    'expiry of half of them': [6, client => line(client, 'lru_crawler crawl all')],
    'metadump': [0, client => dump(client, 'metadump', 'END\r\n')],
    'other sizes': [3, async (client, items) => {
      await repeat(10, i => fill(client, `d${i}`, 0, items / 50, 0, 500 << (i % 4)))
    }],
    'flush_all': [0, client => line(client, 'flush_all')],
    'metadump of what was flushed, and decay':
      [8, client => dump(client, 'metadump', 'END\r\n')],
    '600 times flush_all': [4, async (client, items) => {
      await fill(client, 'e', 0, items, 0, 40)
      await repeat(600, () => line(client, 'flush_all'))
    }]
  }
}

/** No piece of background work is long, nor holds a lock for long. */
export const background = {
  full: { items: 1_500_000, megabytes: 512 },
  small: { items: 100_000, megabytes: 64 },
  flags: ['--import', STOPWATCH],
  server: ({ megabytes }, engine) => ({
    memoryLimit: megabytes * MEBIBYTE, engineConfig: engine === 'malloc' ? { decay: '2' } : {}
  }),

  async prove (server, { items, megabytes }, report, { engine }) {
    const client = await Client.connect(server.port)
    // So that the code is compiled, and what is left of the start is gone.
    await fill(client, 'z', 0, 50_000, 2, 40)
    await line(client, 'lru_crawler crawl all')
    await dump(client, 'metadump', 'END\r\n')
    await line(client, 'flush_all')
    await sleep(4000)
    for (const [stage, [seconds, run]] of Object.entries(stages[engine])) {
      const from = server.output().length
      await run(client, items, megabytes)
      await sleep(seconds * 1000 + 300)
      for (const [what, milliseconds] of longestOf(server.output().slice(from))) {
        const bound = what.startsWith('lock') ? MOST_LOCKED : MOST_STALLED
        report(`${stage}: longest ${what}, ms`, milliseconds, bound)
      }
    }
    client.close()
  }
}

/** The longest of each kind, of all threads. */
function longestOf (output) {
  const longest = new Map()
  for (const text of output.split('\n').filter(told => told.startsWith(MARK))) {
    for (const [what, value] of Object.entries(JSON.parse(text.slice(MARK.length)))) {
      longest.set(what, Math.max(longest.get(what) ?? 0, value))
    }
  }
  return longest
}
