import { administer } from './admin.js'
import { validBinary } from './binary.js'
import type { Command, DatagramHeader } from './command.js'
import { validMeta } from './meta.js'
import type { Random } from './random.js'
import { brokenText, validText } from './text.js'

/** Far below what a datagram may have. */
const LARGEST = 8000
const WHOLE: DatagramHeader = { sequence: 0, total: 1, reserved: 0 }

/**
 * What one of the two does not obey, so that others would see it; and what memplug answers after
 * the next datagram, since it takes a while.
 */
const UNFIT = new RegExp('^(lru_crawler (enable|sleep|tocrawl)|verbosity|stats detail on|' +
  'stats +(cachedump|conns))|^.\\x10[^]*conns$')
/** memcached forgets what is behind these in a datagram, and behind a get. */
const QUIET = /noreply\r|^m.* q/

/** The commands of a random datagram: mostly one, and all of one protocol. */
export function datagram (random: Random, opaque: number): Command[] {
  const commands = random.weigh([
    [3, () => [random.weigh([[6, validText], [4, validMeta], [2, brokenText]])(random)]],
    [2, () => [validBinary(random, opaque)]],
    [0.5, () => [administer(random, true)]],
    [1, () => Array.from({ length: random.integer(2, 4) }, () => validText(random))]
  ])()
  const size = commands.reduce((sum, { bytes }) => sum + bytes.length, 0)
  const isFit = size <= LARGEST && !commands.some(({ bytes }) => UNFIT.test(bytes)) &&
    (commands.length === 1 || !commands.some(({ bytes, gets }) => gets || QUIET.test(bytes)))
  if (!isFit) return datagram(random, opaque)
  const udp = random.chance(0.1) && commands.length === 1 ? malformed(random, size) : WHOLE
  return commands.map(command => ({ ...command, udp, isAlone: true }))
}

function malformed (random: Random, size: number): DatagramHeader {
  return random.weigh<() => DatagramHeader>([
    [3, () => ({ ...WHOLE, total: random.pick([0, 2, 3, 255, 256, 65535]) })],
    [2, () => ({ ...WHOLE, sequence: random.pick([1, 2, 65535]) })],
    [2, () => ({ ...WHOLE, reserved: random.integer(1, 65535) })],
    [2, () => ({ ...WHOLE, size: random.integer(0, 9) })],
    [1, () => ({ sequence: 7, total: 8, reserved: 1 })],
    [0.3, () => ({ ...WHOLE, size: 8 + random.integer(1, size - 1) })]
  ])()
}
