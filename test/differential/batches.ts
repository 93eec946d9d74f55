import { administer, simple } from './admin.js'
import { brokenBinary, validBinary } from './binary.js'
import type { Command } from './command.js'
import { differences } from './differences.js'
import { brokenMeta, validMeta } from './meta.js'
import { Random } from './random.js'
import { brokenText, validText } from './text.js'
import { datagram } from './udp.js'

/**
 * What is played: every command, to servers without threads that hold items now and then, or
 * operators' commands to servers that have all their threads.
 */
export type Topic = 'items' | 'administration'

/** How many of the text commands are meta commands. */
const META = 0.45
const MOST = 24

/** Makes bunches of commands, each bunch of one protocol. */
export class Batches {
  readonly #random: Random
  readonly #topic: Topic
  #opaque = 0
  #waiting: Command | undefined

  constructor (seed: number, topic: Topic) {
    this.#random = new Random(seed)
    this.#topic = topic
  }

  next (): Command[] {
    const random = this.#random
    const way = this.#waiting?.protocol ?? this.#pickWay()
    if (way === 'udp') return datagram(random, this.#nextOpaque())
    const first = this.#waiting ?? this.#make(way)
    this.#waiting = undefined
    const batch = [first]
    const limit = random.chance(0.2) ? 1 : random.integer(2, MOST)
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

  #pickWay (): 'text' | 'binary' | 'udp' {
    return this.#topic === 'administration' ? 'text'
      : this.#random.weigh([[45, 'text'], [45, 'binary'], [5, 'udp']])
  }

  #nextOpaque (): number {
    return this.#opaque = (this.#opaque + 1) & 0xfffff
  }

  #make (protocol: string): Command {
    const random = this.#random
    const isValid = random.chance(0.7)
    if (protocol === 'binary') {
      return (isValid ? validBinary : brokenBinary)(random, this.#nextOpaque())
    }
    if (this.#topic === 'administration') {
      return random.chance(0.7) ? administer(random, true) : simple(random)
    }
    if (random.chance(0.04)) return administer(random, false)
    if (random.chance(META)) return (isValid ? validMeta : brokenMeta)(random)
    return (isValid ? validText : brokenText)(random)
  }
}

/** What may be answered in two ways is sent alone, so that the answer is surely to it. */
function isAlone (command: Command): boolean {
  return command.isAlone || command.lastLine !== undefined || differences.some(entry =>
    entry.protocol === command.protocol && entry.request.test(command.bytes))
}
