import { administer } from '../differential/admin.js'
import { brokenBinary, validBinary } from '../differential/binary.js'
import type { Command } from '../differential/command.js'
import { brokenMeta, validMeta } from '../differential/meta.js'
import { Random } from '../differential/random.js'
import { brokenText, validText } from '../differential/text.js'
import { mutate } from './mutate.js'
import { readSeeds } from './seeds.js'

/** Of the requests, those that are left whole: they bring a connection into odd states. */
const WHOLE = 0.3
const BINARY = 0.3
const LARGEST = 4000

type Make = (random: Random) => Command
type Makers = ReadonlyArray<readonly [weight: number, make: Make]>

const binaryMakers: Makers = [
  [3, random => validBinary(random, 7)], [1, random => brokenBinary(random, 7)]
]
const textMakers: Makers = [
  [4, validText], [1, brokenText], [6, validMeta], [1, brokenMeta],
  [1, random => administer(random, true)]
]

/** What is mutated: the same whatever the seed of a run is. */
interface Known {
  readonly text: readonly Buffer[]
  readonly binary: readonly Buffer[]
}

let known: Known | undefined

function makeKnown (): Known {
  const random = new Random(1)
  const generate = (makers: Makers, count: number): Buffer[] =>
    Array.from({ length: count }, () => random.weigh(makers)(random))
      .map(({ bytes }) => Buffer.from(bytes.replace('{cas}', '1'), 'latin1'))
      // Logging is turned on by a flag, not by chance.
      .filter(request => request.length <= LARGEST && !request.includes('verbosity'))
  const seeds = readSeeds()
  const isBinary = (request: Buffer): boolean => request[0] === 0x80
  return {
    binary: [...seeds.filter(isBinary), ...generate(binaryMakers, 3000)],
    text: [...seeds.filter(request => !isBinary(request)), ...generate(textMakers, 8000)]
  }
}

/** Requests of every protocol, most of them mutated. */
export class Requests {
  readonly #random: Random
  readonly #known: Known

  constructor (random: Random) {
    this.#random = random
    this.#known = known ??= makeKnown()
  }

  /** So many for one connection: those of one protocol, mostly. */
  take (count: number): Buffer {
    const random = this.#random
    const { text, binary } = this.#known
    const seeds = random.chance(BINARY) ? binary : text
    return Buffer.concat(Array.from({ length: count }, () => {
      const request = random.pick(seeds)
      if (random.chance(WHOLE)) return request
      return mutate(request, random, random.chance(0.9) ? seeds : text)
    }))
  }
}
