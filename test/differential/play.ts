import { show } from '../support/client.js'
import { brokenBinary, validBinary } from './binary.js'
import type { Command } from './command.js'
import { differences, type Difference } from './differences.js'
import { brokenMeta, validMeta } from './meta.js'
import { Random } from './random.js'
import type { Side } from './side.js'
import { brokenText, validText } from './text.js'

export interface Outcome {
  commands: number
  /** Each with its commands and both answers. */
  failures: string[]
  /** How often each documented difference was met. */
  met: Map<Difference, number>
}

const MAX_FAILURES = 10
/** How many of the text commands are meta commands. */
const META = 0.5

/** Plays random commands to both servers in step, and compares what they answer. */
export async function playRandom (
  memplug: Side, memcached: Side, seed: number, count: number
): Promise<Outcome> {
  const batches = new Batches(seed)
  const outcome: Outcome = { commands: 0, failures: [], met: new Map() }
  while (outcome.commands < count && outcome.failures.length < MAX_FAILURES) {
    const batch = batches.next()
    outcome.commands += batch.length
    const [ours, theirs] = await Promise.all([memplug.play(batch), memcached.play(batch)])
    if (ours.text === theirs.text) continue
    const known = batch.length === 1
      ? differences.find(entry => isMatch(entry, batch[0], ours.text, theirs.text))
      : undefined
    if (known === undefined) {
      outcome.failures.push(explain(outcome.commands, batch, ours.text, theirs.text))
    } else {
      outcome.met.set(known, (outcome.met.get(known) ?? 0) + 1)
    }
    for (const side of [memplug, memcached]) {
      side.disconnect(batch[0].protocol)
      if (known?.parts ?? true) await side.play([{ protocol: 'text', bytes: 'flush_all\r\n' }])
    }
  }
  return outcome
}

function isMatch (entry: Difference, command: Command, ours: string, theirs: string): boolean {
  return entry.protocol === command.protocol && entry.request.test(command.bytes) &&
    entry.ours.test(ours) && entry.theirs.test(theirs)
}

function explain (position: number, batch: Command[], ours: string, theirs: string): string {
  const requests = batch.map(command => `  sent      ${show(command.bytes)}`)
  return [
    `up to command ${position}, ${batch[0].protocol}:`, ...requests,
    `  memplug   ${show(ours)}`, `  memcached ${show(theirs)}`
  ].join('\n')
}

/** Makes bunches of commands, each bunch of one protocol. */
class Batches {
  readonly #random: Random
  #opaque = 0
  #waiting: Command | undefined

  constructor (seed: number) {
    this.#random = new Random(seed)
  }

  next (): Command[] {
    const first = this.#waiting ?? this.#make(this.#random.pick(['text', 'binary']))
    this.#waiting = undefined
    const batch = [first]
    const limit = this.#random.chance(0.4) ? 1 : this.#random.integer(2, 12)
    while (batch.length < limit && !isAlone(first)) {
      const command = this.#make(first.protocol)
      if (isAlone(command) || (command.counts && batch.some(({ gets }) => gets))) {
        this.#waiting = command
        break
      }
      batch.push(command)
    }
    return batch
  }

  #make (protocol: string): Command {
    const isValid = this.#random.chance(0.7)
    if (protocol === 'text') {
      const isMeta = this.#random.chance(META)
      if (isMeta) return isValid ? validMeta(this.#random) : brokenMeta(this.#random)
      return isValid ? validText(this.#random) : brokenText(this.#random)
    }
    this.#opaque = (this.#opaque + 1) & 0xfffff
    const make = isValid ? validBinary : brokenBinary
    return make(this.#random, this.#opaque)
  }
}

/** What may be answered in two ways is sent alone, so that the answer is surely to it. */
function isAlone (command: Command): boolean {
  return command.isAlone || differences.some(entry =>
    entry.protocol === command.protocol && entry.request.test(command.bytes))
}
