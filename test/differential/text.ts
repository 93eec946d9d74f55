import { EXPIRIES, NUMBERS, key, value, type Command } from './command.js'
import type { Random } from './random.js'

const STORES = ['set', 'set', 'set', 'set', 'add', 'replace', 'append', 'prepend'] as const
const FLAGS = ['0', '0', '0', '1', '77', '4294967295']

/** A random text command that a client might send. */
export function validText (random: Random): Command {
  const make = random.weigh<(random: Random) => Command>([
    [30, get], [28, store], [8, cas], [12, count], [7, remove], [5, touch], [5, getAndTouch],
    [0.3, flush], [0.5, plain]
  ])
  return make(random)
}

function text (bytes: string, rest: Partial<Command> = {}): Command {
  return { protocol: 'text', bytes, ...rest }
}

function keys (random: Random): string {
  const count = random.chance(0.6) ? 1 : random.integer(2, random.chance(0.05) ? 200 : 6)
  return Array.from({ length: count }, () => key(random)).join(' ')
}

function expiry (random: Random): string {
  if (random.chance(0.06)) return random.pick(['-1', '-2147483648', '-100'])
  return String(random.pick(EXPIRIES))
}

function noreply (random: Random): string {
  return random.chance(0.1) ? ' noreply' : ''
}

function get (random: Random): Command {
  return text(`${random.pick(['get', 'gets'])} ${keys(random)}\r\n`, { gets: true })
}

function getAndTouch (random: Random): Command {
  const verb = random.pick(['gat', 'gats'])
  return text(`${verb} ${expiry(random)} ${keys(random)}\r\n`, { gets: true })
}

function store (random: Random): Command {
  const body = value(random)
  const flags = random.pick(FLAGS)
  const head = `${random.pick(STORES)} ${key(random)} ${flags} ${expiry(random)}`
  return text(`${head} ${body.length}${noreply(random)}\r\n${body}\r\n`)
}

function cas (random: Random): Command {
  const name = key(random)
  const body = value(random)
  const id = random.weigh([
    [7, '{cas}'], [1, '0'], [1, '18446744073709551615'], [1, '9223372036854775809']
  ])
  const head = `cas ${name} ${random.pick(FLAGS)} ${expiry(random)} ${body.length} ${id}`
  return text(`${head}${noreply(random)}\r\n${body}\r\n`, { casKey: name })
}

function count (random: Random): Command {
  const verb = random.pick(['incr', 'incr', 'decr'])
  const delta = random.pick(NUMBERS)
  return text(`${verb} ${key(random)} ${delta}${noreply(random)}\r\n`, { counts: true })
}

function remove (random: Random): Command {
  const zero = random.chance(0.1) ? ' 0' : ''
  return text(`delete ${key(random)}${zero}${noreply(random)}\r\n`)
}

function touch (random: Random): Command {
  return text(`touch ${key(random)} ${expiry(random)}${noreply(random)}\r\n`)
}

/** Never with a delay, which brings back what memcached flushed before and has not met since. */
function flush (random: Random): Command {
  return text(`flush_all${random.pick(['', ' 0'])}${noreply(random)}\r\n`)
}

function plain (random: Random): Command {
  return text(random.pick([
    'version\r\n', 'verbosity 0\r\n', 'verbosity 1 noreply\r\n', 'stats\r\n', 'stats items\r\n',
    'stats slabs\r\n'
  ]))
}

/** A random text command that has something wrong. Every one ends where it says it does. */
export function brokenText (random: Random): Command {
  const make = random.weigh<(random: Random) => Command>([
    [8, noCommand], [10, missing], [8, extra], [10, badNumber], [8, badLength], [8, longKey],
    [8, badData], [8, blanks], [5, bareLineFeed], [3, badExpiry]
  ])
  return make(random)
}

function noCommand (random: Random): Command {
  const word = random.weigh<string>([
    [3, random.pick(['bogus', 'GET key0', 'Set key0 0 0 0', 'gett key0', 'ge', 'getsx k', 'x'])],
    [2, random.pick(['', ' ', '   ', '\t', '\0', '\x80', '{', 'get\tkey0', 'stats bogus'])],
    [1, random.bytes(random.integer(1, 30)).toString('latin1').replace(/[\r\n]/g, '?')],
    [1, 'z'.repeat(random.integer(2, 1900))]
  ])
  // The first byte of a connection decides its protocol, and this could be the first.
  return text(`${word.replace(/^\x80/, '\x7f')}\r\n`)
}

function missing (random: Random): Command {
  return text(random.pick([
    'get', 'gets', 'gat', 'gats', 'gat 0', 'gats 0', 'set', 'set key0', 'set key0 0',
    'set key0 0 0', 'add key0 0 0', 'replace key0 0 0', 'append key0 0 0', 'prepend key0 0 0',
    'cas key0 0 0 2\r\nhi', 'cas key0 0 0', 'cas', 'incr', 'incr key0',
    'decr', 'decr key0', 'touch',
    'touch key0', 'delete', 'verbosity', 'get ', 'incr key0 ', 'touch key0 '
  ]) + '\r\n')
}

function extra (random: Random): Command {
  const words = random.pick(['0', '1', 'x', 'noreply', 'x y', '1 2 3', 'noreply noreply'])
  const line = random.pick([
    `incr ${key(random)} 1`, `decr ${key(random)} 1`, `delete ${key(random)}`,
    `delete ${key(random)} 0`, `touch ${key(random)} 0`, 'version', 'verbosity 0',
    'flush_all 0', `set ${key(random)} 0 0 1 noreply`, `add ${key(random)} 0 0 1`
  ])
  const body = /^(set|add)/.test(line) ? 'v\r\n' : ''
  return text(`${line} ${words}\r\n${body}`, { counts: /^(incr|decr)/.test(line) })
}

const NO_NUMBERS = ['x', '-1', '1.5', '1x', '0x10', '1e3', '18446744073709551616', '+', '-', '"1"']

function badNumber (random: Random): Command {
  const no = random.pick(NO_NUMBERS)
  return text(random.pick([
    `incr ${key(random)} ${no}\r\n`,
    `decr ${key(random)} ${no}\r\n`,
    `set ${key(random)} ${no} 0 2\r\nhi\r\n`,
    `add ${key(random)} ${random.pick(['4294967296', '99999999999'])} 0 2\r\nhi\r\n`,
    `cas ${key(random)} 0 0 2 ${no}\r\nhi\r\n`,
    `verbosity ${random.pick(['x', '-1', '99999999999'])}\r\nverbosity 0\r\n`
  ]), { counts: true })
}

function badExpiry (random: Random): Command {
  const no = random.pick(['x', '1.5', '1x', '99999999999999999999', '-x'])
  return text(random.pick([
    `touch ${key(random)} ${no}\r\n`, `gat ${no} ${key(random)}\r\n`,
    `gats ${no} ${key(random)}\r\n`, `flush_all ${no}\r\n`,
    `set ${key(random)} 0 ${no} 2\r\nhi\r\n`
  ]))
}

function badLength (random: Random): Command {
  const no = random.pick(['-1', 'x', '2147483646', '2147483647', '1.5', '-2147483648', '1x',
    '99999999999999999999', '+'])
  const verb = random.pick([...STORES, 'cas'])
  return text(`${verb} ${key(random)} 0 0 ${no}${verb === 'cas' ? ' 1' : ''}\r\n`)
}

/** memcached forgets replies that are ready when a get has such a key. */
function longKey (random: Random): Command {
  const name = 'l'.repeat(random.pick([251, 252, 300, 1000, 1900]))
  return text(random.pick([
    `get ${name}\r\n`, `gets ${name}\r\n`, `gat 0 ${name}\r\n`, `delete ${name}\r\n`,
    `incr ${name} 1\r\n`, `touch ${name} 0\r\n`, `set ${name} 0 0 2\r\nhi\r\n`,
    `set ${name} 0 0 2 noreply\r\nhi\r\n`, `get ${key(random)} ${name} ${key(random)}\r\n`
  ]), { isAlone: true })
}

/** A line of this length ends any value that was cut short. */
const FILLER = `${'f'.repeat(80)}\r\n`

function badData (random: Random): Command {
  const head = `${random.pick(STORES)} ${key(random)} 0 0`
  const size = random.integer(1, 60)
  return text(random.pick([
    `${head} ${size}\r\n${'d'.repeat(size)}more\r\n`,
    `${head} ${size}\r\n${'d'.repeat(size + random.integer(1, 3))}\r\n`,
    `${head} ${size + random.integer(1, 20)}\r\n${'d'.repeat(size)}\r\n${FILLER}`,
    `${head} ${size}\r\n${'d'.repeat(size)}\n${FILLER}`,
    `${head} ${size} noreply\r\n${'d'.repeat(size)}xx\r\n`
  ]))
}

function blanks (random: Random): Command {
  const name = key(random)
  return text(random.pick([
    `get  ${name}   ${name}  \r\n`, ` get ${name}\r\n`, `  set ${name} 0 0 1\r\nb\r\n`,
    `set   ${name}  0   0  1  \r\nb\r\n`, `delete  ${name}  \r\n`, `incr ${name}   1 \r\n`,
    `touch ${name}  0 \r\n`, `set ${name} 0 0 1  noreply \r\nb\r\n`, 'version \r\n'
  ]), { counts: true, gets: true })
}

function bareLineFeed (random: Random): Command {
  const name = key(random)
  return text(random.pick([
    `get ${name}\n`, `set ${name} 0 0 1\nb\r\n`, `delete ${name}\n`, `touch ${name} 0\n`,
    'bogus\n', `set ${name} 0 0 1\nb\n${FILLER}`
  ]), { gets: true })
}
