import { loadAddon, ROW, SLOT_WORDS, What, Answer, Word, type Sockets } from '../src/epoll-addon.js'
import { EVENT_ROWS, INPUT_SIZE } from '../src/epoll-addon.js'
import { Peer } from './support/peer.js'
import { describeEpoll } from './support/transports.js'

/** The addon by itself: what it refuses to do for a connection that is over. */
describeEpoll('a slot of the epoll addon', () => {
  const output = Buffer.from('stale answer')
  const events = new Int32Array(EVENT_ROWS * ROW)
  const answers = new Int32Array(16 * ROW)
  const slots = new Int32Array(8 * SLOT_WORDS)
  const seen: number[][] = []
  const peers: Peer[] = []
  let sockets: Sockets
  let address = ''
  let wake = (): void => {}

  function turn (rows: number): void {
    const count = rows === 0 ? sockets.news() : rows
    for (let at = 0; at < count * ROW; at += ROW) seen.push([...events.subarray(at, at + ROW)])
    wake()
  }

  async function nextRow (what: number): Promise<number[]> {
    for (;;) {
      const at = seen.findIndex(row => row[2] === what)
      if (at >= 0) return seen.splice(at, 1)[0]
      await new Promise<void>(resolve => { wake = resolve })
    }
  }

  function answer (slot: number, generation: number, what: number, value: number): void {
    answers.set([slot, generation, what, value])
    sockets.send(1)
  }

  async function connect (): Promise<[Peer, number, number]> {
    const peer = await Peer.connect(address)
    peers.push(peer)
    const [slot, generation] = await nextRow(What.ACCEPTED)
    return [peer, slot, generation]
  }

  beforeEach(() => {
    const input = Buffer.alloc(INPUT_SIZE)
    sockets = loadAddon().open(turn, input, output, events, answers, slots)
    const listener = sockets.listen('127.0.0.1', 0, -1, 16, 0)
    expect(listener).toBe(0)
    address = sockets.listenerName(listener)
    seen.length = 0
  })

  afterEach(() => {
    for (const peer of peers.splice(0)) peer.close()
    sockets.close()
  })

  test('sends no answer to the connection that has taken its place', async () => {
    const [first, slot, generation] = await connect()
    sockets.free(slot, generation)
    expect((await first.readAll()).length).toBe(0)
    const [second, sameSlot, nextGeneration] = await connect()
    expect(sameSlot).toBe(slot)
    expect(nextGeneration).not.toBe(generation)
    expect(slots[slot * SLOT_WORDS + Word.GENERATION]).toBe(nextGeneration)
    answer(slot, generation, 0, 12)
    answer(slot, generation, Answer.END, 0)
    sockets.free(slot, generation)
    sockets.arm(slot, generation)
    expect(sockets.name(slot, generation, 1)).toBe('')
    output.write('fresh answer')
    answer(slot, nextGeneration, 0, 12)
    expect(await second.readText(12)).toBe('fresh answer')
  })

  test('ignores rows that make no sense', async () => {
    const [peer, slot, generation] = await connect()
    for (const [what, value] of [[0, 13], [5, 4], [-1, 0], [-9, 1], [-1, -1]]) {
      answer(slot, generation, what, value)
    }
    for (const wrong of [-1, 8, 1 << 20, -(2 ** 31), 2 ** 31 - 1]) {
      answer(wrong, generation, 0, 12)
      sockets.free(wrong, generation)
    }
    expect(sockets.send(-1)).toBe(0)
    expect(sockets.send(1 << 20)).toBe(0)
    expect(sockets.hold(Buffer.alloc(4), 0, 5)).toBe(-1)
    expect(sockets.hold(Buffer.alloc(4), -1, 2)).toBe(-1)
    expect(sockets.hold(null as unknown as Buffer, 0, 0)).toBe(-1)
    expect(sockets.read(slot, generation, Buffer.alloc(4), 0, 4, INPUT_SIZE)).toBe(-1)
    expect(sockets.read(slot, generation, Buffer.alloc(4), 3, 2, 0)).toBe(-1)
    answer(slot, generation, 6, 12)
    expect(await peer.readText(6)).toBe('answer')
  })

  test('is kept until it is given back, though its connection is over', async () => {
    const [peer, slot, generation] = await connect()
    peer.socket.resetAndDestroy()
    expect(await nextRow(What.CLOSED)).toEqual([slot, generation, What.CLOSED, 104])
    const [, other] = await connect()
    expect(other).not.toBe(slot)
    sockets.free(slot, generation)
    sockets.free(slot, generation)
    const [, again] = await connect()
    expect(again).toBe(slot)
  })

  test('is one of as many as there is room for; others wait until one is free', async () => {
    const taken = await Promise.all(Array.from({ length: 8 }, () => connect()))
    const late = await Peer.connect(address)
    peers.push(late)
    expect((await late.readAll()).length).toBe(0)
    const [, slot, generation] = taken[3]
    sockets.free(slot, generation)
    expect((await connect())[1]).toBe(slot)
  })

  test('answers nothing any more when all is closed', () => {
    sockets.close()
    sockets.close()
    expect(sockets.listen('127.0.0.1', 0, -1, 16, 0)).toBe(-9)
    expect([sockets.send(1), sockets.news(), sockets.adopt(1)]).toEqual([0, 0, -9])
    expect(sockets.listenerName(0)).toBe('')
  })
})
