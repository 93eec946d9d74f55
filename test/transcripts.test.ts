import { readdirSync } from 'node:fs'
import { RawClient, TEXT_SENTINEL, endOfText, show } from './support/client.js'
import { runParallel, sendInPieces, waysToCut } from './support/pieces.js'
import { isSubstitute } from './support/server.js'
import { someWays, startTarget, type Target } from './support/target.js'
import { makeRun, newPrefix, readTranscript, type Session } from './support/transcript.js'

const FOLDER = new URL('transcripts/', import.meta.url)
const AT_ONCE = 64

const transcripts = readdirSync(FOLDER)
  .filter(name => name.endsWith('.txt'))
  .map(name => ({ name, sessions: readTranscript(new URL(name, FOLDER), isSubstitute) }))

describe.each(someWays)('the text protocol, $title', way => {
  const { engine } = way
  let target: Target
  beforeAll(async () => { target = await startTarget(way) })
  afterAll(async () => { await target.stop() })

  describe.each(transcripts)('$name', ({ sessions }) => {
    const played = sessions.filter(({ countsInPlace, needsMeta }) =>
      engine !== 'map' || !(countsInPlace || needsMeta))
    test.each(played)('$title', async session => {
      await playStepwise(target.port, session)
      const { length } = makeRun(session.exchanges, newPrefix(), []).request
      await runParallel(waysToCut(length), session.isAlone ? 1 : AT_ONCE, async ([way, cuts]) => {
        await play(target.port, session, way, cuts)
      })
    }, 60_000)
  })
})

/** Each exchange for itself, so that a failure shows the request it belongs to. */
async function playStepwise (port: number, session: Session): Promise<void> {
  const client = await RawClient.connect(port)
  const prefix = newPrefix()
  const cas: string[] = []
  for (const exchange of session.preparation) await ask(client, exchange, prefix, cas)
  const last = session.exchanges.at(-1)
  for (const exchange of session.exchanges) {
    if (session.closes && exchange === last) {
      client.send(makeRun([exchange], prefix).request)
      expect(await client.untilClosed()).toEqual(Buffer.alloc(0))
    } else {
      await ask(client, exchange, prefix, [...cas])
    }
  }
  client.close()
}

async function ask (
  client: RawClient, exchange: Session['exchanges'][0], prefix: string, cas: string[]
): Promise<void> {
  const run = makeRun([exchange], prefix, cas)
  const reply = await client.text(run.request)
  const match = run.reply.exec(reply)
  if (match === null) {
    const wanted = exchange.reply.replaceAll('@', prefix)
    throw new Error(`${show(run.request)}\n  answered ${show(reply)}\n  expected ${show(wanted)}`)
  }
  cas.push(...match.slice(1))
}

/** All exchanges glued together, sent in pieces. */
async function play (
  port: number, session: Session, way: string, cuts: number[]
): Promise<void> {
  const client = await RawClient.connect(port)
  const prefix = newPrefix()
  const cas: string[] = []
  for (const exchange of session.preparation) await ask(client, exchange, prefix, cas)
  const run = makeRun(session.exchanges, prefix, cas)
  await sendInPieces(client, run.request, cuts.filter(cut => cut < run.request.length))
  if (!session.closes) {
    client.send(TEXT_SENTINEL)
    await client.until(() => endOfText(client.peek()) >= 0)
  }
  const bytes = session.closes ? await client.untilClosed() : client.take()
  const end = session.closes ? bytes.length : endOfText(bytes)
  const reply = bytes.toString('latin1', 0, end)
  client.close()
  if (end < 0 || !run.reply.test(reply)) {
    throw new Error(`${way}: ${show(run.request, 4000)}\n  answered ${show(reply, 4000)}`)
  }
}
