import { BINARY_SENTINEL, RawClient, show } from './support/client.js'
import { HEADER, NOOP_REPLY_SIZE, Opcode, isNoopReply, noop, readReplies }
  from './support/frames.js'
import { runParallel, sendInPieces, waysToCut } from './support/pieces.js'
import { isSubstitute } from './support/server.js'
import { someWays, startTarget, type Target } from './support/target.js'
import { newPrefix } from './support/transcript.js'
import { sessions, type BinarySession, type Exchange } from './transcripts/binary.js'

const AT_ONCE = 64

describe.each(someWays)('the binary protocol, $title', way => {
  let target: Target
  beforeAll(async () => { target = await startTarget(way) })
  afterAll(async () => { await target.stop() })

  const played = sessions.filter(session => !isSubstitute || !session.unlikeMemcached)
  test.each(played)('$title', async session => {
    await playStepwise(target.port, session)
    const { request } = glue(session.exchanges(makeKeys(), [1n, 1n]))
    const limit = session.isAlone ? 1 : AT_ONCE
    await runParallel(waysToCut(request.length), limit, async ([way, cuts]) => {
      await play(target.port, session, way, cuts)
    })
  }, 60_000)
})

function makeKeys (): (name: string) => string {
  const prefix = newPrefix()
  return name => prefix + name
}

/** Each exchange for itself, so that a failure shows the request it belongs to. */
async function playStepwise (port: number, session: BinarySession): Promise<void> {
  const client = await RawClient.connect(port)
  const keys = makeKeys()
  const cas = await prepare(client, session, keys)
  const exchanges = session.exchanges(keys, cas)
  for (const exchange of exchanges) {
    if (session.closes && exchange === exchanges.at(-1)) {
      client.send(exchange.request)
      check('at the end', exchange, await client.untilClosed())
    } else {
      check('step by step', exchange, await client.binary(exchange.request))
    }
  }
  client.close()
}

/** Plays what must go first; answers the cas ids that it brought. */
async function prepare (
  client: RawClient, session: BinarySession, keys: (name: string) => string
): Promise<bigint[]> {
  const cas: bigint[] = []
  for (const exchange of session.preparation?.(keys) ?? []) {
    const bytes = await client.binary(exchange.request)
    cas.push(readReplies(bytes)[0].cas)
    check('in preparation', exchange, bytes)
  }
  return cas
}

/** All exchanges glued together, sent in pieces. */
async function play (
  port: number, session: BinarySession, way: string, cuts: number[]
): Promise<void> {
  const client = await RawClient.connect(port)
  const keys = makeKeys()
  const all = glue(session.exchanges(keys, await prepare(client, session, keys)))
  await sendInPieces(client, all.request, cuts)
  if (session.closes) {
    check(way, all, await client.untilClosed())
  } else {
    client.send(noop(BINARY_SENTINEL))
    await client.until(() => isNoopReply(client.peek(), BINARY_SENTINEL))
    const bytes = client.take()
    check(way, all, bytes.subarray(0, Math.max(0, bytes.length - NOOP_REPLY_SIZE)))
  }
  client.close()
}

function glue (exchanges: Exchange[]): Exchange {
  return {
    request: Buffer.concat(exchanges.map(exchange => exchange.request)),
    reply: Buffer.concat(exchanges.map(exchange => exchange.reply))
  }
}

function check (way: string, exchange: Exchange, answer: Buffer): void {
  if (normalize(answer).equals(normalize(exchange.reply))) return
  throw new Error(`${way}: ${exchange.request.toString('hex')}\n  answered ${answer.toString('hex')
  }\n  expected ${exchange.reply.toString('hex')} ${show(answer)}`)
}

/** The same bytes with 1 for every cas but 0, and without the number of the version. */
function normalize (bytes: Buffer): Buffer {
  const parts: Buffer[] = []
  for (const reply of readReplies(bytes)) {
    const start = reply.extras.byteOffset - bytes.byteOffset - HEADER
    const header = Buffer.from(bytes.subarray(start, start + HEADER))
    if (reply.cas !== 0n) header.writeBigUInt64BE(1n, 16)
    const isVersion = reply.opcode === Opcode.Version && reply.status === 0
    if (isVersion && /^(\d+\.\d+\.\d+|\{version\})$/.test(reply.value.toString())) {
      header.writeUInt32BE(0, 8)
      parts.push(header)
    } else {
      parts.push(header, reply.extras, reply.key, reply.value)
    }
  }
  return Buffer.concat(parts)
}
