import { setTimeout as sleep } from 'node:timers/promises'
import { Status, type Engine, type Op } from '@memplug/engine'
import { Checked, Late } from '@memplug/engine-kit'
import { MapEngine } from '@memplug/map'
import { createServer, type Server } from '@memplug/server'
import { RawClient } from './support/client.js'
import { Faulty, type Call, type Meddle } from './support/faulty.js'
import { Opcode, counterExtras, frame, readReplies, uint32s } from './support/frames.js'

/** Milliseconds an engine may take here. */
const TIMEOUT = 100

const rejections: unknown[] = []
const keepRejection = (reason: unknown): void => { rejections.push(reason) }
beforeAll(() => { process.on('unhandledRejection', keepRejection) })
afterAll(() => { process.off('unhandledRejection', keepRejection) })

/** A server over an engine that goes wrong when told to, its contract watched underneath. */
class Bench {
  readonly checked = new Checked(new MapEngine())
  readonly faulty = new Faulty(this.checked)
  readonly logged: string[] = []
  server!: Server
  client!: RawClient
  /** Stores that never settle: what allocate gave them can't be given back. */
  stuck = 0

  async start (engine: Engine = this.faulty): Promise<this> {
    this.server = await createServer({
      engine: () => engine,
      port: 0,
      engineTimeout: TIMEOUT,
      log: (level, message) => { if (level === 'error') this.logged.push(message) }
    })
    this.client = await RawClient.connect(this.server.port)
    return this
  }

  /** Ends it all; nothing may be held, and no promise may have been left to its fate. */
  async stop (): Promise<void> {
    this.faulty.meddle = proceed => proceed()
    this.client.close()
    await until(() => this.checked.holds === this.stuck)
    const { breaches } = this.checked
    expect(breaches).toEqual([])
    // Checked will not have it that something is held, and refuses to end.
    const closing = this.server.close()
    await (this.stuck === 0 ? closing : closing.catch(() => {}))
    await sleep(0)
    expect(rejections).toEqual([])
  }

  /** Meddles with the nth call of one kind from now on. */
  failNext (name: Call, fault: Meddle, nth = 1): void {
    let left = nth
    this.faulty.meddle = (proceed, call, op) =>
      call === name && --left === 0 ? fault(proceed, call, op) : proceed()
  }
}

async function until (isTrue: () => boolean): Promise<void> {
  for (let left = 300; !isTrue() && left > 0; left--) await sleep(10)
  expect(isTrue()).toBe(true)
}

const refuse = (): never => { throw new Error('on purpose') }
const hang = (): Promise<never> => new Promise(() => {})
const reject = (): Promise<never> => Promise.reject(new Error('on purpose'))

/** Every way to go wrong in a call that may answer with a promise. */
const faults: Record<string, Meddle> = {
  'throws': refuse,
  'rejects': reject,
  'never settles': hang,
  'answers nothing': () => undefined,
  'answers null': () => null,
  'answers an object': () => ({}),
  'answers a text': () => 'SUCCESS',
  'answers a number that is no status': () => 0x7777,
  'answers NaN': () => NaN,
  'settles with nothing': () => Promise.resolve(),
  'settles with a text': () => Promise.resolve('0'),
  'settles with no status': () => Promise.resolve(-1),
  'fails for a while': () => Status.TEMPORARY_FAILURE,
  'fails for a while, later': () => sleep(1, Status.TEMPORARY_FAILURE)
}

/** One request for each call, over items made beforehand. */
const requests: Array<[Call, string]> = [
  ['store', 'set s 0 0 1\r\nx\r\n'],
  ['store', 'append there 0 0 1\r\nx\r\n'],
  ['store', 'cas there 0 0 1 1\r\nx\r\n'],
  ['get', 'get there\r\n'],
  ['get', 'gets there none there\r\n'],
  ['touch', 'touch there 100\r\n'],
  ['touch', 'gat 100 there\r\n'],
  ['remove', 'delete there\r\n'],
  ['arithmetic', 'incr there 1\r\n'],
  ['arithmetic', 'decr none 1\r\n'],
  ['flush', 'flush_all\r\n'],
  ['getStats', 'stats items\r\n']
]

describe('an engine that', () => {
  let bench: Bench
  beforeEach(async () => {
    bench = await new Bench().start()
    await bench.client.text('set there 0 0 1\r\n5\r\nset a 0 0 1\r\n1\r\nset b 0 0 1\r\n2\r\n')
  })
  afterEach(() => bench.stop())

  describe.each(Object.entries(faults))('%s', (_, fault) => {
    test.each(requests)('in %s: %j fails, the requests around it do not', async (call, request) => {
      // The faulty call is the only one of its kind, or the first after a get.
      bench.failNext(call, fault, call === 'get' ? 2 : 1)
      bench.stuck = call === 'store' && fault === hang ? 1 : 0
      const reply = await bench.client.text(`get a\r\n${request}get b\r\n`)
      expect(reply).toMatch(/^VALUE a 0 1\r\n1\r\nEND\r\n/)
      expect(reply).toMatch(
        /^VALUE a 0 1\r\n1\r\nEND\r\nSERVER_ERROR [ -~]+\r\n(VALUE b 0 1\r\n2\r\n)?END\r\n$/)
      bench.faulty.meddle = proceed => proceed()
      expect(await bench.client.text('set c 0 0 1\r\nx\r\nget c\r\n'))
        .toBe('STORED\r\nVALUE c 0 1\r\nx\r\nEND\r\n')
    })
  })

  test.each<[Call, Meddle]>([
    ['testCapacity', refuse], ['testCapacity', () => undefined], ['allocate', refuse],
    ['allocate', () => undefined], ['allocate', () => 'x'], ['allocate', reject]
  ])('goes wrong in %s swallows the value', async (call, fault) => {
    bench.failNext(call, fault)
    const reply = await bench.client.text('set s 0 0 9\r\nget a\r\nxx\r\nget b\r\n')
    expect(reply).toMatch(/^SERVER_ERROR [ -~]+\r\nVALUE b 0 1\r\n2\r\nEND\r\n$/)
  })

  test('gives room of another size than was asked swallows the value', async () => {
    const given = new Set<Op>()
    bench.faulty.meddle = (proceed, call, op) => {
      if (call === 'release' && given.delete(op!)) return undefined
      if (call !== 'allocate') return proceed()
      given.add(op!)
      op!.value = Buffer.alloc(8)
      op!.valueStart = 0
      op!.valueEnd = 8
      return Status.SUCCESS
    }
    const reply = await bench.client.text('set s 0 0 9\r\nget a\r\nxx\r\nget b\r\n')
    expect(reply).toMatch(/^SERVER_ERROR [ -~]+\r\nVALUE b 0 1\r\n2\r\nEND\r\n$/)
    expect(given.size).toBe(0)
  })

  test('goes wrong in release costs nothing but a line in the log', async () => {
    bench.faulty.meddle = (proceed, call) => {
      const result = proceed()
      if (call === 'release') refuse()
      return result
    }
    expect(await bench.client.text('get a\r\nset s 0 0 1\r\nx\r\nget s\r\n'))
      .toBe('VALUE a 0 1\r\n1\r\nEND\r\nSTORED\r\nVALUE s 0 1\r\nx\r\nEND\r\n')
    expect(bench.logged.length).toBeGreaterThan(0)
  })

  test.each([[-1, 1], [0, 2], [2, 1], [0, 1e9], [NaN, 1]])(
    'tells a value from %p to %p of one byte is not believed', async (start, end) => {
      bench.failNext('get', (proceed, _, op) => {
        const status = proceed()
        op!.value = Buffer.alloc(1)
        op!.valueStart = start
        op!.valueEnd = end
        return status
      })
      bench.faulty.meddle = withoutCheckedRelease(bench.faulty.meddle)
      const reply = await bench.client.text('get a\r\nget b\r\n')
      expect(reply).toMatch(/^SERVER_ERROR [ -~]+\r\nVALUE b 0 1\r\n2\r\nEND\r\n$/)
    })

  test('never answers has one request of a connection at a time, however many come', async () => {
    let calls = 0
    bench.faulty.meddle = () => {
      calls++
      return new Promise(() => {})
    }
    bench.client.send('get a\r\n'.repeat(10_000))
    await sleep(TIMEOUT / 2)
    expect(calls).toBe(1)
    bench.client.close()
    const other = await RawClient.connect(bench.server.port)
    other.send(`get${' a'.repeat(20_000)}\r\n`)
    await sleep(TIMEOUT / 2)
    expect(calls).toBeLessThanOrEqual(1 + 1024)
    other.close()
  })

  test('answers one client late lets the others go on', async () => {
    let answer = (): void => {}
    bench.failNext('get', proceed => new Promise(resolve => {
      answer = () => { resolve(proceed()) }
    }))
    bench.client.send('get a\r\nget b\r\n')
    const other = await RawClient.connect(bench.server.port)
    expect(await other.text('get b\r\n')).toBe('VALUE b 0 1\r\n2\r\nEND\r\n')
    answer()
    expect((await bench.client.untilSize(40)).toString())
      .toBe('VALUE a 0 1\r\n1\r\nEND\r\nVALUE b 0 1\r\n2\r\nEND\r\n')
    other.close()
  })

  test('answers the gets of a multiget in any order has them told as asked', async () => {
    const waiting: Array<() => void> = []
    bench.faulty.meddle = (proceed, call) => call !== 'get'
      ? proceed()
      : new Promise(resolve => waiting.push(() => { resolve(proceed()) }))
    bench.client.send('get a none b a\r\n')
    await until(() => waiting.length === 4)
    for (const answer of waiting.reverse()) {
      answer()
      await sleep(1)
    }
    expect((await bench.client.untilSize(50)).toString())
      .toBe('VALUE a 0 1\r\n1\r\nVALUE b 0 1\r\n2\r\nVALUE a 0 1\r\n1\r\nEND\r\n')
  })

  test.each<[Call, string]>([
    ['get', 'get a\r\n'], ['get', 'get a b a b\r\n'], ['touch', 'gat 0 a\r\n'],
    ['store', 'set s 0 0 1\r\nx\r\n'], ['arithmetic', 'incr a 1\r\n'],
    ['remove', 'delete a\r\n']
  ])('answers %s after the client has left leaks no hold', async (name, request) => {
    const waiting: Array<() => void> = []
    bench.faulty.meddle = (proceed, call) => call !== name
      ? proceed()
      : new Promise(resolve => waiting.push(() => { resolve(proceed()) }))
    bench.client.send(request)
    await until(() => waiting.length > 0)
    bench.client.close()
    await sleep(10)
    waiting.forEach(answer => { answer() })
    await until(() => bench.checked.holds === 0)
  })

  test('answers after its time is up leaks no hold, and is not heard', async () => {
    let answer = (): void => {}
    bench.failNext('get', proceed => new Promise(resolve => {
      answer = () => { resolve(proceed()) }
    }))
    const reply = await bench.client.text('get a\r\nget b\r\n')
    expect(reply).toMatch(/^SERVER_ERROR [ -~]+\r\nVALUE b 0 1\r\n2\r\nEND\r\n$/)
    answer()
    await until(() => bench.checked.holds === 0)
    expect(await bench.client.text('get b\r\n')).toBe('VALUE b 0 1\r\n2\r\nEND\r\n')
  })

  test('loses its client in the middle of an upload has the room given back', async () => {
    bench.client.send('set s 0 0 100\r\nhalf of it')
    await until(() => bench.checked.holds === 1)
    bench.client.close()
    await until(() => bench.checked.holds === 0)
  })
})

/** What the inner engine holds under a value that was changed here is released as it was. */
function withoutCheckedRelease (meddle: Meddle): Meddle {
  const told = new Map<Op, [Buffer, number, number]>()
  return (proceed, call, op) => {
    if (call === 'release') {
      const value = told.get(op!)
      if (value !== undefined) [op!.value, op!.valueStart, op!.valueEnd] = value
      told.delete(op!)
      return proceed()
    }
    return meddle(() => {
      const answer = proceed()
      if (call === 'get') told.set(op!, [op!.value, op!.valueStart, op!.valueEnd])
      return answer
    }, call, op)
  }
}

describe('faults in the binary protocol', () => {
  const asked = [
    ['get', { opcode: Opcode.Get, key: 'a' }],
    ['get', { opcode: Opcode.GetKQ, key: 'a' }],
    ['store', { opcode: Opcode.Set, key: 'a', value: 'x', extras: uint32s(0, 0) }],
    ['store', { opcode: Opcode.AppendQ, key: 'a', value: 'x' }],
    ['arithmetic', { opcode: Opcode.Increment, key: 'a', extras: counterExtras(1n) }],
    ['touch', { opcode: Opcode.Touch, key: 'a', extras: uint32s(0) }],
    ['touch', { opcode: Opcode.GatKQ, key: 'a', extras: uint32s(0) }],
    ['remove', { opcode: Opcode.DeleteQ, key: 'a' }],
    ['flush', { opcode: Opcode.FlushQ }]
  ] as const

  test.each(Object.entries(faults))('an engine that %s fails one request', async (_, fault) => {
    const bench = await new Bench().start()
    for (const [call, request] of asked) {
      bench.faulty.meddle = proceed => proceed()
      await bench.client.binary(frame({ ...asked[2][1], value: '5' }))
      bench.failNext(call, fault)
      if (call === 'store' && fault === hang) bench.stuck++
      const replies = readReplies(await bench.client.binary(Buffer.concat([
        frame({ opcode: Opcode.NoOp, opaque: 1 }), frame({ ...request, opaque: 2 }),
        frame({ opcode: Opcode.NoOp, opaque: 3 })
      ])))
      expect(replies.map(reply => reply.opaque)).toEqual([1, 2, 3])
      expect(replies[1]).toMatchObject({ opcode: request.opcode, cas: 0n })
      expect([0x84, 0x86]).toContain(replies[1].status)
    }
    await bench.stop()
  })
})

/** Requests that do not meet on a key, so that one that fails changes no other's reply. */
const transcript = [
  'set n0 0 0 3\r\nnew\r\n', 'get k1\r\n', 'gets k2 none k2\r\n', 'add k3 0 0 1\r\nx\r\n',
  'add n1 0 0 1\r\nx\r\n', 'replace k4 0 0 1\r\nx\r\n', 'append k5 0 0 1\r\nx\r\n',
  'prepend k6 0 0 1\r\nx\r\n', 'cas k7 0 0 1 99999\r\nx\r\n', 'incr k8 1\r\n', 'decr k9 1\r\n',
  'incr none 1\r\n', 'touch k10 100\r\n', 'gat 100 k11 none\r\n', 'delete k12\r\n',
  'delete none\r\n', 'get none\r\n', 'get k13 k14 k15\r\n', 'stats items\r\n'
]
const BETWEEN = 'no-such-command\r\n'

describe.each(['sync', 'late'] as const)('the n-th call of an engine fails (%s)', pace => {
  /** Plays the transcript; answers its replies, one for each request, and the calls made. */
  async function play (fault: Meddle, nth: number): Promise<{ replies: string[]; calls: number }> {
    const bench = new Bench()
    await bench.start(pace === 'late' ? new Late(bench.faulty) : bench.faulty)
    for (let i = 0; i < 16; i++) await bench.client.text(`set k${i} 0 0 1\r\n7\r\n`)
    let calls = 0
    bench.faulty.meddle = (proceed, call, op) => {
      if (call === 'testCapacity' || call === 'release') return proceed()
      return ++calls === nth ? fault(proceed, call, op) : proceed()
    }
    const text = await bench.client.text(transcript.map(line => line + BETWEEN).join(''))
    await bench.stop()
    return { replies: text.split(/(?<=^|\n)ERROR\r\n/).slice(0, -1), calls: calls - 1 }
  }

  test.each([
    ['throws', refuse], ['rejects', reject],
    ['fails for a while', () => Status.TEMPORARY_FAILURE]
  ] as Array<[string, Meddle]>)('it %s: one request fails at most', async (_, fault) => {
    const good = await play(fault, Infinity)
    expect(good.replies).toHaveLength(transcript.length)
    for (let nth = 1; nth <= good.calls; nth++) {
      if (fault === reject && pace === 'sync') await sleep(0)
      const { replies } = await play(fault, nth)
      const failed = [...replies.keys()].filter(
        i => replies[i] !== hideCas(good.replies[i], replies[i]))
      expect(replies).toHaveLength(transcript.length)
      expect(failed.length).toBeLessThanOrEqual(1)
      for (const i of failed) {
        expect(replies[i]).toMatch(/(^|\n)(SERVER_ERROR [ -~]+|CLIENT_ERROR [ -~]+)\r\n$/)
      }
    }
  }, 60_000)
})

/** The good reply with the other's cas ids, which depend on what was stored before. */
function hideCas (good: string, reply: string): string {
  const cas = /^VALUE \S+ \d+ \d+ (\d+)/m.exec(reply)?.[1]
  return cas === undefined ? good : good.replace(/^(VALUE \S+ \d+ \d+) \d+/gm, `$1 ${cas}`)
}

test('1 in 100 calls goes wrong: every request has its reply, in order', async () => {
  const bench = new Bench()
  const faults = { seed: 7, throwEvery: 211, rejectEvery: 307, failEvery: 401 }
  const late = new Late(bench.checked, faults)
  const engine = new Faulty(late)
  let gets = 0
  engine.meddle = (proceed, call) => call === 'get' && ++gets % 1999 === 0 ? hang() : proceed()
  await bench.start(engine)
  const clients = await Promise.all(
    Array.from({ length: 8 }, () => RawClient.connect(bench.server.port)))
  await Promise.all(clients.map(async (client, c) => {
    for (let round = 0; round < 25; round++) {
      const lines = Array.from({ length: 25 }, (_, i) => {
        const key = `c${c}r${round}i${i}`
        return `set ${key} 0 0 ${key.length}\r\n${key}\r\nget ${key} ${key}\r\n${BETWEEN}`
      })
      const replies = (await client.text(lines.join(''))).split(/(?<=^|\n)ERROR\r\n/)
      expect(replies).toHaveLength(26)
      replies.slice(0, -1).forEach((reply, i) => {
        expect(reply).toMatch(expected(`c${c}r${round}i${i}`))
      })
    }
    client.close()
  }))
  await bench.stop()
}, 60_000)

/** The replies to a set and a get of a key twice, when anything may fail but nothing may lie. */
function expected (key: string): RegExp {
  const failure = 'SERVER_ERROR [ -~]+\\r\\n'
  const value = `VALUE ${key} 0 ${key.length}\\r\\n${key}\\r\\n`
  return new RegExp(`^(STORED\\r\\n|${failure})((${value}){0,2}(END\\r\\n|${failure}))$`)
}
