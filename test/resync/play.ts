import { brokenBinary } from '../differential/binary.js'
import { brokenMeta } from '../differential/meta.js'
import { Random } from '../differential/random.js'
import { brokenText } from '../differential/text.js'
import { RawClient, show } from '../support/client.js'
import { Opcode, frame, readReplies, uint32s } from '../support/frames.js'

/** Errors in one write, each with a valid request behind it. */
const BATCH = 60
const TEXT_SHARE = 0.7
/** No error has such an opaque. */
const PROBE_OPAQUE = 0x7e000000
const FLAGS = uint32s(5)

export interface Outcome {
  errors: number
  /** Connections that ended in place of an answer. */
  closed: number
  /** What was not answered as it should be. */
  shifted: string[]
}

/** A request that has something wrong, and the one behind it that has not. */
interface Pair {
  readonly error: Buffer
  readonly number: number
}

/**
 * Plays errors, each with a valid request behind it on the same connection: that is answered
 * right, and in its turn, or the connection is closed.
 */
export async function playErrors (
  port: number, seed: number, count: number, progress: (done: number) => void
): Promise<Outcome> {
  const random = new Random(seed)
  const outcome: Outcome = { errors: 0, closed: 0, shifted: [] }
  while (outcome.errors < count && outcome.shifted.length === 0) {
    const protocol = random.chance(TEXT_SHARE) ? text : binary
    const pairs = Array.from({ length: BATCH }, (_, i) =>
      ({ error: protocol.makeError(random), number: outcome.errors + i }))
    await playPairs(port, protocol, pairs, outcome)
    progress(outcome.errors)
  }
  return outcome
}

/** On as many connections as it takes: what ends one has been answered, or not, for good. */
async function playPairs (
  port: number, protocol: Protocol, pairs: readonly Pair[], outcome: Outcome
): Promise<void> {
  for (let left = pairs; left.length > 0 && outcome.shifted.length === 0;) {
    const client = await RawClient.connect(port)
    client.send(Buffer.concat([
      protocol.start, ...left.flatMap(pair => [pair.error, protocol.probe(pair.number)])
    ]))
    const last = left.at(-1)!.number
    const isHung = await client.until(() => protocol.isLast(client.peek(), last))
      .then(() => false, () => true)
    const { closed } = client
    const answered = protocol.read(client.take(), left, closed)
    client.close()
    if (typeof answered === 'string') outcome.shifted.push(answered)
    else if (answered < left.length && (isHung || !closed)) {
      outcome.shifted.push(`no answer behind ${show(left[answered].error)}`)
    } else {
      // The error that closed the connection counts, and so does its end.
      const done = Math.min(left.length, answered + 1)
      outcome.errors += done
      if (answered < left.length) outcome.closed++
      left = left.slice(done)
    }
  }
}

interface Protocol {
  /** What decides the protocol of a connection. */
  readonly start: Buffer
  makeError (random: Random): Buffer
  probe (number: number): Buffer
  /** Whether the bytes end in the answer to that probe. */
  isLast (bytes: Buffer, number: number): boolean
  /** How many probes have been answered, each in its turn; or what is wrong. */
  read (bytes: Buffer, pairs: readonly Pair[], closed: boolean): number | string
}

const value = (number: number): string => `value ${number} `.repeat(1 + number % 9)

const text: Protocol = {
  start: Buffer.from('mn\r\n'),
  makeError (random) {
    const { bytes } = random.chance(0.5) ? brokenText(random) : brokenMeta(random)
    return Buffer.from(bytes.replace('{cas}', '1'), 'latin1')
  },
  probe (number) {
    const body = value(number)
    return Buffer.from(
      `ms probe ${body.length} O${number}\r\n${body}\r\nmg probe k v O${number}\r\n`)
  },
  isLast (bytes, number) {
    return bytes.subarray(-(value(number).length + 2)).equals(Buffer.from(`${value(number)}\r\n`))
  },
  read (bytes, pairs) {
    let at = bytes.indexOf('MN\r\n') + 4
    for (const [i, { error, number }] of pairs.entries()) {
      const body = value(number)
      const answer = `HD O${number}\r\nVA ${body.length} kprobe O${number}\r\n${body}\r\n`
      const found = bytes.indexOf(answer, at, 'latin1')
      if (found < 0) return isEnd(bytes, at) ? i : explain(error, bytes.subarray(at))
      const told = bytes.toString('latin1', at, found)
      if (/(^|\n)(HD|VA \d+ kprobe)( |\r)O\d/.test(told) || !isReply(told)) {
        return explain(error, bytes.subarray(at))
      }
      at = found + answer.length
    }
    return at === bytes.length ? pairs.length : explain(pairs.at(-1)!.error, bytes.subarray(at))
  }
}

/** Before the close there may be what the last error was told, but no answer of a probe. */
function isEnd (bytes: Buffer, at: number): boolean {
  return !bytes.subarray(at).includes('kprobe')
}

/** Whole lines, if there are any. */
function isReply (told: string): boolean {
  return told === '' || told.endsWith('\r\n')
}

function explain (error: Buffer, told: Buffer): string {
  return `behind ${show(error)} came ${show(told)}`
}

const binary: Protocol = {
  start: frame({ opcode: Opcode.NoOp }),
  makeError (random) {
    for (;;) {
      const command = random.chance(0.8) ? brokenBinary(random, random.integer(1, 0xfffff)) : {
        bytes: frame({
          opcode: random.integer(0x25, 0xff), key: 'key', value: 'x'.repeat(random.integer(0, 99)),
          extras: random.bytes(random.integer(0, 30)), opaque: random.integer(1, 0xfffff)
        }).toString('latin1')
      }
      // What is last has bytes that only memcached needs.
      if (!('isLast' in command) || command.isLast !== true) {
        return Buffer.from(command.bytes, 'latin1')
      }
    }
  },
  probe (number) {
    const opaque = PROBE_OPAQUE + number
    const extras = Buffer.concat([FLAGS, uint32s(0)])
    return Buffer.concat([
      frame({ opcode: Opcode.Set, key: 'probe', value: value(number), extras, opaque }),
      frame({ opcode: Opcode.Get, key: 'probe', opaque }),
      frame({ opcode: Opcode.NoOp, opaque })
    ])
  },
  isLast (bytes, number) {
    const header = bytes.subarray(-24)
    return header.length === 24 && header[0] === 0x81 && header[1] === Opcode.NoOp &&
      header.readUInt32BE(12) === PROBE_OPAQUE + number
  },
  read (bytes, pairs, closed) {
    let replies
    try {
      replies = readReplies(bytes)
    } catch (error) {
      return `${String(error)}: ${show(bytes)}`
    }
    const wanted = pairs.flatMap(({ error, number }) => [
      { opaque: error.readUInt32BE(12), value: undefined, error },
      { opaque: PROBE_OPAQUE + number, value: '', error },
      { opaque: PROBE_OPAQUE + number, value: value(number), error },
      { opaque: PROBE_OPAQUE + number, value: '', error }
    ])
    let at = 0
    for (const { opaque, value } of replies.slice(1)) {
      const isNext = (i: number): boolean => wanted[i]?.opaque === opaque &&
        (wanted[i].value === undefined || wanted[i].value === value.toString('latin1'))
      // An error may be quiet, or tell many statistics.
      if (isNext(at - 1) && wanted[at - 1].value === undefined) continue
      if (!isNext(at) && wanted[at]?.value === undefined) at++
      if (!isNext(at)) return explain(wanted[Math.min(at, wanted.length - 1)].error, bytes)
      at++
    }
    const answered = Math.floor(at / 4)
    return answered === pairs.length || closed ? answered : explain(pairs[answered].error, bytes)
  }
}
