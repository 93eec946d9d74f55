import type { Random } from './random.js'

/** A request to play. `{cas}` in its place stands for the cas a server told last for `casKey`. */
export interface Command {
  protocol: 'text' | 'binary'
  /** latin1. */
  bytes: string
  casKey?: string
  /** binary: the key it is about, under which the cas of its reply is remembered. */
  key?: string
  /** May not share a batch with a get before it, which would change how memcached counts. */
  counts?: boolean
  gets?: boolean
  /** memcached may lose the replies of requests before it. */
  isAlone?: boolean
  /** binary: memcached eats what follows it. The connection ends here. */
  isLast?: boolean
  /** text: what its reply ends with, which memcached must have sent before it is asked more. */
  lastLine?: string
  /** The crawler is to be switched on before it, and off again after it. */
  needsCrawler?: boolean
  /** Goes in a datagram, with this before it. */
  udp?: DatagramHeader
}

/** protocol.txt, "UDP protocol": what stands before the data but for the number of the request. */
export interface DatagramHeader {
  sequence: number
  total: number
  reserved: number
  /** Bytes of the datagram, if it has not all it should have. */
  size?: number
}

const KEYS = [
  ...Array.from({ length: 24 }, (_, i) => `key${i}`),
  'a', '0', '+1', 'noreply', '__proto__', 'get', 'k'.repeat(250), 'm'.repeat(249),
  'tab\tbed', '\x01\x02\x7f', 'caf\xc3\xa9', '\xff\xfe'
]
const BINARY_KEYS = [...KEYS, 'with a blank', 'line\r\nend', '\0']

/** The first ones most of the time, so that commands meet on them. */
export function key (random: Random): string {
  return random.chance(0.7) ? KEYS[random.integer(0, 7)] : random.pick(KEYS)
}

export function binaryKey (random: Random): string {
  return random.chance(0.7) ? KEYS[random.integer(0, 7)] : random.pick(BINARY_KEYS)
}

export const NUMBERS = [
  '0', '1', '2', '7', '9', '10', '99', '100', '12345', '4294967295', '4294967296',
  '9007199254740991', '9007199254740993', '18446744073709551615', '18446744073709551614'
]

/**
 * A value without a minus sign: for a counter of 2^63 or more memcached 1.6.18 looks for one
 * beyond the value's end, in what earlier items left there, and may call it non-numeric.
 */
export function value (random: Random): string {
  const make = random.weigh<() => string>([
    [30, () => random.pick(NUMBERS)],
    [25, () => 'x'.repeat(random.integer(1, 40))],
    [8, () => ''],
    [8, () => random.bytes(random.integer(1, 60)).toString('latin1')],
    [5, () => `\r\nget key1\r\n${'\n'.repeat(random.integer(0, 3))}`],
    [4, () => `END\r\n${random.pick(['', '\r\n', 'STORED\r\n'])}`],
    [3, () => random.pick([' 5', '5 ', '5a', '+5', '05', '5.0', '184467440737095516150', '\t6'])],
    [6, () => 'long '.repeat(random.integer(100, 1600))],
    [0.2, () => 'v'.repeat(random.integer(20_000, 500_000))]
  ])
  return make().replaceAll('-', '_')
}

/** Expiries that do not pass while the test runs, and those that have passed. */
export const EXPIRIES = [
  0, 0, 0, 0, 0, 0, 0, 0, 100_000, 2_592_000, 2_592_001, 1_000_000_000, 3_000_000_000 - 2 ** 31,
  2_000_000_000, 2_147_483_647
]
