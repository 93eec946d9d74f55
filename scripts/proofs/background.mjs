/** What thread 0 does beside requests, a little at a time: how little, over millions of items. */
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client } from './client.mjs'
import { fill } from './fill.mjs'
import { statsOf } from './stats.mjs'

const MEBIBYTE = 1 << 20
const STOPWATCH = fileURLToPath(new URL('stopwatch.mjs', import.meta.url))
const MARK = '@stopwatch '
/** What the thread that does nothing tells: of its pauses, and of those for new memory. */
const IDLER = 'idler'
const NEW_MEMORY = 'new memory'

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
    'cache_memlimit': [4, async (client, items, megabytes) => {
      await line(client, `cache_memlimit ${Math.ceil(megabytes / 4)}`)
    }],
    'flush_all': [0, client => line(client, 'flush_all')],
    'metadump of what was flushed, and decay':
      [8, client => dump(client, 'metadump', 'END\r\n')],
    '600 times flush_all': [4, async (client, items, megabytes) => {
      await line(client, `cache_memlimit ${megabytes}`)
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
    const from = server.output().length
    for (const [stage, [seconds, run]] of Object.entries(stages[engine])) {
      const begun = server.output().length
      await run(client, items, megabytes)
      await sleep(seconds * 1000 + 300)
      const measured = measuredIn(server.output().slice(begun))
      for (const [what, { cpu, wall }] of Object.entries(measured)) {
        if (what === IDLER || what === NEW_MEMORY) continue
        report(`${stage}: longest ${what}, ms`, wall, Infinity)
        report(`${stage}: longest ${what}, ms of the processor's`, cpu, Infinity)
      }
    }
    client.close()
    judge(measuredIn(server.output().slice(from)), report)
  }
}

/**
 * A machine that has interrupts, and a hypervisor below, holds up any code now and then, also by
 * the processor's clock: so a thread that does nothing tells how often and for how long. What the
 * server does may not be beyond a bound more often, nor for longer. New memory may
 * be waited for in a turn, in which items are stored, but under no lock.
 */
function judge ({ [IDLER]: idler, [NEW_MEMORY]: fresh, ...measured }, report) {
  const locks = newMeasure()
  const others = newMeasure()
  for (const [what, one] of Object.entries(measured)) merge(isLock(what) ? locks : others, one)
  report('an idler looked for so many s', idler.sum / 1000, Infinity)
  report('it paused at the longest for, ms', idler.wall, Infinity)
  report("the same, ms of the processor's", idler.cpu, Infinity)
  report('its pauses beyond the bound of a lock', idler.beyond, Infinity)
  report("its longest pause for new memory, ms of the processor's", fresh.cpu, Infinity)
  report('locks were held for so many s', locks.sum / 1000, idler.sum / 1000)
  report('longest lock, ms', locks.wall, Infinity)
  report("longest lock, ms of the processor's", locks.cpu,
    Math.max(MOST_LOCKED, idler.cpu))
  report('locks held beyond the bound of 1 ms', locks.beyond, idler.beyond)
  report('longest turn or piece, ms', others.wall, Infinity)
  report("longest turn or piece, ms of the processor's", others.cpu,
    Math.max(MOST_STALLED, fresh.cpu))
  report('turns and pieces beyond the bound of 5 ms', others.beyond, fresh.beyond)
}

const newMeasure = () => ({ cpu: 0, wall: 0, sum: 0, beyond: 0 })

const isLock = what => what.startsWith('lock')

function merge (into, { cpu, wall, sum, beyond }) {
  into.cpu = Math.max(into.cpu, cpu)
  into.wall = Math.max(into.wall, wall)
  into.sum += sum
  into.beyond += beyond
}

/** What the stopwatch told, by its name: of all threads. */
function measuredIn (output) {
  const measured = {}
  for (const text of output.split('\n').filter(told => told.startsWith(MARK))) {
    for (const [what, one] of Object.entries(JSON.parse(text.slice(MARK.length)))) {
      merge(measured[what] ??= newMeasure(), one)
    }
  }
  return measured
}
