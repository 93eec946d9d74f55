import { Stream } from '@memplug/engine'
import type { Connection } from '../src/connection.js'
import { defaults } from '../src/options.js'
import { Shared, type SharedServer } from '../src/shared.js'
import { Outbox, type WatchEvent } from '../src/watch/outbox.js'
import { Streams } from '../src/watch/streams.js'
import type { Watcher } from '../src/watch/watcher.js'
import { Watchers } from '../src/watch/watchers.js'
import { EventRelay } from '../src/workers/event-relay.js'

const { FETCHERS, MUTATIONS } = Stream
const BUFFER = 1000
const nextTurn = () => new Promise(resolve => setImmediate(resolve))

/** A thread of a server, and what its outbox passes on. */
class Thread {
  readonly shared: Shared
  readonly watchers: Watchers
  readonly passed: WatchEvent[] = []

  constructor (memory: SharedServer, thread: number) {
    this.shared = new Shared(memory, thread)
    this.watchers = new Watchers(this.shared, { ...defaults, watcherLogBuffer: BUFFER })
    const outbox: Outbox = new Outbox(defaults.workerLogBuffer, events => {
      this.passed.push(...events)
      outbox.taken()
    })
    this.watchers.outbox = outbox
  }

  /** Somebody who reads nothing, until told to. */
  watch (streams: number) {
    const link = { unsent: 1 }
    const output = { bytes: Buffer.alloc(1 << 16), end: 0 }
    let text = ''
    const connection = {
      core: { shared: this.shared, output },
      link,
      watcher: null as Watcher | null,
      reserve: () => {},
      flush: () => {
        text += output.bytes.toString('latin1', 0, output.end)
        output.end = 0
      }
    }
    connection.watcher = this.watchers.add(connection as unknown as Connection, streams)
    return {
      /** How many lines it was told, and how many it was said to have missed. */
      read: () => {
        link.unsent = 0
        connection.watcher!.send()
        const lines = text.match(/^ts=/gm)?.length ?? 0
        const skipped = [...text.matchAll(/^skipped=(\d+)$/gm)]
          .reduce((sum, [, count]) => sum + Number(count), 0)
        return { lines, skipped }
      },
      leave: () => {
        this.watchers.closed({ ...connection, id: 1, closeReason: 'normal' } as never)
      }
    }
  }
}

test('events for watchers without room go to no other thread, and their number adds up',
  async () => {
    const memory = Shared.reserve(3)
    const near = new Thread(memory, 1)
    const far = new Thread(memory, 2)
    const reader = far.watch(FETCHERS | MUTATIONS)
    const other = far.watch(FETCHERS)
    // Those that came fill what they have, and it is known to all then.
    for (let i = 0; i < 50; i++) near.watchers.tell(FETCHERS, `early ${i}`)
    await nextTurn()
    expect(near.passed).toHaveLength(50)
    far.watchers.take(near.passed.splice(0))
    for (let i = 0; i < 1000; i++) near.watchers.tell(FETCHERS, `late ${i}`)
    for (let i = 0; i < 10; i++) far.watchers.tell(FETCHERS, `own ${i}`)
    near.watchers.tell(MUTATIONS, 'another stream')
    await nextTurn()
    expect(near.passed).toEqual([])
    reader.read()
    near.watchers.tell(FETCHERS, 'last')
    await nextTurn()
    expect(near.passed).toHaveLength(1)
    far.watchers.take(near.passed.splice(0))
    const { lines, skipped } = reader.read()
    expect(lines + skipped).toBe(50 + 1000 + 10 + 1 + 1)
    expect(lines).toBeLessThan(30)
    other.read()
    near.watchers.tell(FETCHERS, 'to the other')
    await nextTurn()
    far.watchers.take(near.passed.splice(0))
    const told = other.read()
    expect(told.lines + told.skipped).toBe(50 + 1000 + 10 + 1 + 1)
  })

test('who has left takes no room with it, full or not', async () => {
  const memory = Shared.reserve(3)
  const near = new Thread(memory, 1)
  const far = new Thread(memory, 2)
  const room = () => near.shared.streams.roomOf(2)
  const full = far.watch(FETCHERS)
  const empty = far.watch(FETCHERS | MUTATIONS)
  expect(room()).toBe(FETCHERS | MUTATIONS)
  empty.leave()
  expect(room()).toBe(FETCHERS)
  for (let i = 0; i < 50; i++) far.watchers.tell(FETCHERS, `own ${i}`)
  expect(room()).toBe(0)
  full.leave()
  full.read()
  expect(room()).toBe(0)
  expect(near.shared.streams.words[0]).toBe(0)
  far.watch(FETCHERS)
  expect(room()).toBe(FETCHERS)
  await nextTurn()
})

test('a batch is given to threads where somebody has room, and counted on the others', () => {
  const streams = new Streams(Streams.reserve(4), 4)
  const given: number[] = []
  let skipped = 0
  let taken = 0
  const relay = new EventRelay(streams, 3, {
    give: thread => given.push(thread) > 0,
    taken: () => { taken++ },
    skipped: count => { skipped += count }
  })
  for (const thread of [1, 1, 2]) streams.add(thread, FETCHERS)
  for (let i = 0; i < 2; i++) streams.setRoom(1, FETCHERS, false)
  const events = [FETCHERS, MUTATIONS, FETCHERS]
    .map((stream, number) => ({ stream, number, line: 'x' }))
  relay.pass(3, events)
  expect([given, skipped, streams.skippedBy(1, FETCHERS), taken]).toEqual([[2], 4, 2, 0])
  relay.takenBy(2, 3)
  expect(taken).toBe(1)
})
