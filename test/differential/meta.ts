import { NUMBERS, key, value, type Command } from './command.js'
import type { Random } from './random.js'

/**
 * Random meta commands. Some keys are for them alone: whether an item was got before, is stale
 * or claimed is told of those that nobody counts on, since memcached forgets it when a number
 * gets longer; and a key in base64 is asked for as such, since memcached answers as it was stored.
 */

/** Expiries far enough apart to be told from one another some seconds later. */
const EXPIRIES = ['0', '0', '100000', '500000', '2592000', '2592001', '1000000000', '-1']
const NEVER_A_CAS = '18446744073709551615'
const LEASES = ['lease0', 'lease1', 'lease2']
const IN_BASE64 = ['AAEC', '44OG44K544OI', 'IA==', 'a2V5L2I=', 'DQo=', 'QUJD'.repeat(62)]

export function validMeta (random: Random): Command {
  const make = random.weigh<(random: Random) => Command>([
    [25, get], [22, set], [10, remove], [12, count], [8, compare], [20, lease], [2, debug],
    [1, () => text('mn\r\n')], [8, inBase64]
  ])
  return make(random)
}

function text (bytes: string, rest: Partial<Command> = {}): Command {
  return { protocol: 'text', bytes, ...rest }
}

/** Some of these, in random order. */
function flags (random: Random, choices: Array<[chance: number, flag: string]>): string {
  const chosen = choices.filter(([chance]) => random.chance(chance)).map(([, flag]) => flag)
  for (let i = chosen.length - 1; i > 0; i--) {
    const j = random.integer(0, i)
    ;[chosen[i], chosen[j]] = [chosen[j], chosen[i]]
  }
  return chosen.map(flag => ` ${flag}`).join('')
}

const common = (random: Random): Array<[number, string]> => [
  [0.3, 'k'], [0.2, `O${random.pick(['', 'a', '12345', 'o'.repeat(31)])}`], [0.15, 'q'],
  [0.03, 'Ppath'], [0.03, 'L']
]

const expiry = (random: Random): string => random.pick(EXPIRIES)

function get (random: Random): Command {
  const asked = flags(random, [
    ...common(random), [0.6, 'v'], [0.3, 's'], [0.3, 'f'], [0.3, 't'], [0.1, 'u'], [0.1, 'l'],
    [0.1, `T${expiry(random)}`], [0.02, `C${NEVER_A_CAS}`], [0.02, 'I'], [0.02, 'D1']
  ])
  const name = key(random)
  return random.chance(0.3)
    ? text(`mg ${name} k c${random.chance(0.5) ? ' v' : ''}\r\n`, { gets: true })
    : text(`mg ${name}${asked}\r\n`, { gets: true })
}

function set (random: Random): Command {
  const body = value(random)
  const mode = random.pick(['S', 'S', 'S', 'E', 'A', 'P', 'R'])
  const asked = flags(random, [
    ...common(random), [0.3, `F${random.pick(['0', '1', '77', '4294967295'])}`],
    [0.3, `T${expiry(random)}`], [0.3, 'c'], [0.4, `M${mode}`], [0.02, 'v'], [0.02, 'I']
  ])
  return text(`ms ${key(random)} ${body.length}${asked}\r\n${body}\r\n`)
}

function compare (random: Random): Command {
  const name = key(random)
  const body = value(random)
  const id = random.weigh([[7, '{cas}'], [1, '0'], [1, NEVER_A_CAS], [1, '9223372036854775809']])
  const asked = flags(random, [...common(random), [1, `C${id}`]])
  return random.weigh([
    [6, text(`ms ${name} ${body.length}${asked}${flags(random, [
      [0.3, 'c'], [0.4, `M${random.pick(['S', 'E', 'A', 'P', 'R'])}`]
    ])}\r\n${body}\r\n`, { casKey: name })],
    [3, text(`md ${name}${asked}\r\n`, { casKey: name })]
  ])
}

function remove (random: Random): Command {
  return text(`md ${key(random)}${flags(random, [...common(random), [0.05, 'T0']])}\r\n`)
}

function count (random: Random): Command {
  const creates = random.chance(0.4)
  // With T no number gets longer: memcached gives the item that it replaces the new expiry.
  const touches = random.chance(0.1)
  const mode = random.pick(touches ? ['D', '-'] : ['I', '+', 'D', '-'])
  const asked = flags(random, [
    ...common(random).filter(([, flag]) => flag !== 'q' || !creates), [0.5, 'v'], [0.3, 't'],
    [0.2, 'c'], [0.5, `D${random.pick(NUMBERS)}`], [0.3, `J${random.pick(NUMBERS)}`],
    [touches ? 1 : 0.4, `M${mode}`], [touches ? 1 : 0, `T${expiry(random)}`],
    [creates ? 1 : 0, `N${expiry(random)}`], [0.05, `C${NEVER_A_CAS}`], [0.05, 'C0']
  ].filter(([, flag], i, all) => all.findIndex(([, other]) =>
    (other as string)[0] === (flag as string)[0]) === i) as Array<[number, string]>)
  return text(`ma ${key(random)}${asked}\r\n`, { counts: true })
}

/** One of many makes an item anew. */
function lease (random: Random): Command {
  const name = random.pick(LEASES)
  const body = value(random)
  const request = random.weigh([
    [10, `mg ${name}${flags(random, [
      ...common(random), [0.5, 'v'], [0.3, 's'], [0.4, 't'], [0.5, 'h'], [0.2, 'u'], [0.1, 'l'],
      [0.3, `N${expiry(random)}`], [0.3, `R${random.pick(['0', '30', '200000', '600000'])}`],
      [0.1, `T${expiry(random)}`], [0.2, 'f']
    ])}\r\n`],
    [4, `md ${name} I${flags(random, [
      ...common(random), [0.4, `T${expiry(random)}`], [0.1, `C${NEVER_A_CAS}`]
    ])}\r\n`],
    [2, `md ${name}${flags(random, common(random))}\r\n`],
    [3, `ms ${name} ${body.length} I C1${flags(random, [
      ...common(random), [0.3, `T${expiry(random)}`]
    ])}\r\n${body}\r\n`],
    [3, `ms ${name} ${body.length}${flags(random, [
      ...common(random), [0.3, `T${expiry(random)}`]
    ])}\r\n${body}\r\n`],
    [1, `get ${name}\r\n`],
    [1, `set ${name} 0 100000 ${body.length}\r\n${body}\r\n`]
  ])
  return text(request, { gets: true })
}

function inBase64 (random: Random): Command {
  const name = random.pick(IN_BASE64)
  const body = value(random)
  const asked = flags(random, [...common(random), [1, 'b']])
  return text(random.pick([
    `mg ${name} v${asked}\r\n`, `mg ${name}${asked}\r\n`, `md ${name}${asked}\r\n`,
    `ms ${name} ${body.length}${asked}\r\n${body}\r\n`,
    `ms ${name} 2 MA${asked}\r\n12\r\n`, `ma ${name} v${asked}\r\n`, `me ${name} b\r\n`
  ]), { gets: true, counts: true })
}

function debug (random: Random): Command {
  return text(`me ${key(random)}\r\n`)
}

/** A random meta command that has something wrong. Every one ends where it says it does. */
export function brokenMeta (random: Random): Command {
  const make = random.weigh<(random: Random) => Command>([
    [3, missing], [8, badFlag], [8, badToken], [4, badMode], [4, badLength], [4, tooLong],
    [4, badBase64], [4, badData], [3, notYet]
  ])
  return make(random)
}

function missing (random: Random): Command {
  return text(random.pick(['mg', 'ms', 'md', 'ma', 'me', 'ms key0', 'mg ', 'ma  ', 'ms key0 ']) +
    '\r\n')
}

/** A line of one of the four, with these flags behind its key. */
function line (random: Random, wrong: string): Command {
  const name = key(random)
  return text(random.weigh([
    [3, `mg ${name}${wrong}\r\n`], [2, `ms ${name} 2${wrong}\r\nhi\r\n`],
    [2, `md ${name}${wrong}\r\n`], [2, `ma ${name}${wrong}\r\n`]
  ]))
}

function badFlag (random: Random): Command {
  const before = flags(random, [[0.3, 'k'], [0.3, 'v'], [0.3, 'T0']])
  return line(random, before + random.pick([
    ' m', ' S100', ' W', ' 5', ' _', ' !', ' ~x', ' \xff', ' -1', ' k k', ' v s v', ' Oa Ob',
    ' T0 T0', ' C1 C1', ' a', ' g v', ' {', ' \x7f', ' \t'
  ]))
}

function badToken (random: Random): Command {
  const no = random.pick(['', 'x', '1x', '1.5', '-', '+', '18446744073709551616', '0x10'])
  return line(random, random.pick([' T', ' N', ' R', ' C', ' F', ' D', ' J']) + no +
    flags(random, [[0.3, 'k'], [0.2, 'm'], [0.2, 'sx'], [0.2, 'Fx']]))
}

function badMode (random: Random): Command {
  const mode = random.pick(['Z', 's', 'e', 'i', '', '1'])
  const name = key(random)
  return text(random.pick([
    `ms ${name} 2 M${mode} q\r\nhi\r\n`, `ma ${name} v M${mode}\r\n`
  ]))
}

function badLength (random: Random): Command {
  const no = random.pick(['-1', 'x', '2147483646', '2147483647', '1.5', 'S2', '+', 'T0', '1x'])
  return text(`ms ${key(random)} ${no}${flags(random, [[0.3, 'T0'], [0.3, 'q']])}\r\n`)
}

function tooLong (random: Random): Command {
  const name = 'l'.repeat(random.pick([251, 300, 1900]))
  const many = ' k s t c f v h u q I P L D1 J1 F1 C1'
  return text(random.pick([
    `mg ${name} v\r\n`, `md ${name}\r\n`, `ma ${name}\r\n`, `me ${name}\r\n`,
    `ms ${name} 2\r\nhi\r\n`, `mg nobody${many} x y z a\r\n`, `md nobody${many} x y z a\r\n`,
    `ma nobody${many} x y z a\r\n`, `ms nobody 2${many} x y z\r\nhi\r\n`,
    `mg nobody O${'o'.repeat(random.pick([32, 1000, 1900]))}\r\n`,
    `md nobody O${'o'.repeat(random.pick([32, 1000, 1900]))}\r\n`,
    `ms nobody 2 O${'o'.repeat(random.pick([32, 1000, 1900]))}\r\nhi\r\n`
  ]))
}

function badBase64 (random: Random): Command {
  const name = random.pick(['a', 'abc', '====', 'a===', '!!!!', 'A'.repeat(249), 'QUJ\xff'])
  return text(random.pick([
    `mg ${name} b v\r\n`, `md ${name} b\r\n`, `ma ${name} b\r\n`, `ms ${name} 2 b\r\nhi\r\n`,
    `me ${name} b\r\n`, `mg ${name} b b\r\n`, `mg ${name} b Tx\r\n`, `mg ${name} Tx b\r\n`
  ]))
}

/** A line of this length ends any value that was cut short. */
const FILLER = `${'f'.repeat(80)}\r\n`

function badData (random: Random): Command {
  const head = `ms ${key(random)}`
  const size = random.integer(1, 60)
  const asked = flags(random, [[0.3, 'q'], [0.3, 'T0'], [0.3, 'k']])
  return text(random.pick([
    `${head} ${size}${asked}\r\n${'d'.repeat(size)}more\r\n`,
    `${head} ${size + random.integer(1, 20)}${asked}\r\n${'d'.repeat(size)}\r\n${FILLER}`,
    `${head} ${size}${asked}\r\n${'d'.repeat(size)}\n${FILLER}`
  ]))
}

/** What memcached 1.6.18 does not know yet. */
function notYet (random: Random): Command {
  const name = key(random)
  return text(random.pick([
    `mg ${name} E5\r\n`, `ms ${name} 2 E5 c\r\nhi\r\n`, `md ${name} x\r\n`, `md ${name} I E7\r\n`,
    `ma ${name} E9\r\n`, `ms ${name} 2 MA N0\r\nhi\r\n`, `ms ${name} 2 s\r\nhi\r\n`,
    `ma ${name} N0 q\r\n`
  ]), { counts: true })
}
