import { show } from '../support/client.js'
import { Batches, type Topic } from './batches.js'
import type { Command } from './command.js'
import { differences, type Difference } from './differences.js'
import type { Side } from './side.js'

export interface Outcome {
  commands: number
  /** Each with its commands and both answers. */
  failures: string[]
  /** How often each documented difference was met. */
  met: Map<Difference, number>
  /** How often memcached seems to have found a minus sign that is not there. */
  strays: number
}

export interface Game {
  seed: number
  commands: number
  topic: Topic
  /** Told how many commands have been played, now and then. */
  progress?: (played: number) => void
}

const MAX_FAILURES = 10
/**
 * For a counter of 2^63 or more memcached 1.6.18 looks for a minus sign beyond the value's end, in
 * what was in that memory before, and may call it non-numeric. A server that counted with what is
 * no number would be met far more often than once in so many commands.
 */
const STRAY_MINUS = 500
const NON_NUMERIC = /non-numeric/gi
/** Whatever they were started with. */
const QUIET: Command = { protocol: 'text', bytes: 'verbosity 0\r\n' }
const FLUSH: Command = { protocol: 'text', bytes: 'flush_all\r\n' }

/** Plays random commands to both servers in step, and compares what they answer. */
export async function playRandom (
  memplug: Side, memcached: Side, { seed, commands, topic, progress }: Game
): Promise<Outcome> {
  const sides = [memplug, memcached]
  const batches = new Batches(seed, topic)
  const outcome: Outcome = { commands: 0, failures: [], met: new Map(), strays: 0 }
  await playBoth(sides, [QUIET])
  while (outcome.commands < commands && outcome.failures.length < MAX_FAILURES) {
    const batch = batches.next()
    outcome.commands += batch.length
    progress?.(outcome.commands)
    const [ours, theirs] = await playBatch(sides, batch)
    if (isSame(ours, theirs)) continue
    const known = batch.length === 1
      ? differences.find(entry => isMatch(entry, batch[0], ours, theirs))
      : undefined
    if (known === undefined && findsMinus(ours, theirs) &&
      ++outcome.strays <= 1 + outcome.commands / STRAY_MINUS) {
      for (const side of sides) side.disconnect(batch[0].protocol)
    } else if (known === undefined) {
      outcome.failures.push(explain(outcome.commands, batch, ours, theirs))
      for (const side of sides) side.disconnect(batch[0].protocol)
    } else {
      outcome.met.set(known, (outcome.met.get(known) ?? 0) + 1)
    }
    if (known?.parts ?? true) await playBoth(sides, [FLUSH])
    // Where it is superfluous arguments that differ, one has obeyed the others.
    if (batch[0].bytes.startsWith('verbosity')) await playBoth(sides, [QUIET])
  }
  return outcome
}

/** But not those of connections, which `stats conns` numbers alike. */
const CLASS_ROWS = /^STAT (items:)?\{\}:(?!addr|state|secs_since|UDP|listen_addr).*\r?\n/gm

/** What is flushed or has expired is thrown away in time: one may have no rows of classes. */
function isSame (ours: string, theirs: string): boolean {
  return ours === theirs || ours === theirs.replaceAll(CLASS_ROWS, '') ||
    ours.replaceAll(CLASS_ROWS, '') === theirs
}

function findsMinus (ours: string, theirs: string): boolean {
  const [left, right] = [ours, theirs].map(text => text.match(NON_NUMERIC)?.length ?? 0)
  return right > left
}

async function playBatch (sides: Side[], batch: Command[]): Promise<string[]> {
  if (!batch[0].needsCrawler) return playBoth(sides, batch)
  await playBoth(sides, [{ protocol: 'text', bytes: 'lru_crawler enable\r\n' }])
  const answers = await playBoth(sides, batch)
  await playBoth(sides, [{ protocol: 'text', bytes: 'lru_crawler disable\r\n' }])
  return answers
}

async function playBoth (sides: Side[], batch: Command[]): Promise<string[]> {
  return (await Promise.all(sides.map(side => side.play(batch)))).map(({ text }) => text)
}

function isMatch (entry: Difference, command: Command, ours: string, theirs: string): boolean {
  return entry.protocol === command.protocol && (!entry.udp || command.udp !== undefined) &&
    entry.request.test(command.bytes) && entry.ours.test(ours) && entry.theirs.test(theirs)
}

function explain (position: number, batch: Command[], ours: string, theirs: string): string {
  const requests = batch.map(command => `  sent      ${show(command.bytes)}` +
    (command.udp === undefined ? '' : ` by UDP, ${JSON.stringify(command.udp)}`))
  return [
    `up to command ${position}, ${batch[0].protocol}:`, ...requests,
    `  memplug   ${show(ours)}`, `  memcached ${show(theirs)}`, `  ${differingLine(ours, theirs)}`
  ].join('\n')
}

/** Long answers differ in a line. */
function differingLine (ours: string, theirs: string): string {
  const [left, right] = [ours.split(/\r?\n/), theirs.split(/\r?\n/)]
  const at = left.findIndex((line, i) => line !== right[i])
  return `first differing line: ${show(left[at] ?? '')} and ${show(right[at] ?? '')}`
}
