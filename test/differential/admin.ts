import { key, value, type Command } from './command.js'
import type { Random } from './random.js'

/**
 * Random commands of operators. What they set is of no consequence for other replies: limits
 * are far away, and what can be seen of a command over more than one batch is left out.
 */

function text (bytes: string, rest: Partial<Command> = {}): Command {
  return { protocol: 'text', bytes, ...rest }
}

/** @param threads whether both servers have LRU maintainer and crawler at work */
export function administer (random: Random, threads: boolean): Command {
  const make = random.weigh<(random: Random) => Command>([
    [20, stats], [8, detail], [6, cachedump], [6, verbosity], [6, flush], [8, memoryLimit],
    [10, lru], [12, crawler], [10, slabs], [6, watch], [4, shutdown], [4, unknown],
    [threads ? 0 : 3, dump]
  ])
  return make(random)
}

/** A command that stores or gets, for lines to tell something. */
export function simple (random: Random): Command {
  const name = key(random)
  const body = value(random).slice(0, 3000)
  return text(random.pick([
    `set ${name} 0 100000 ${body.length}\r\n${body}\r\n`, `get ${name}\r\n`,
    `delete ${name}\r\n`, `ms ${name} ${body.length} T0\r\n${body}\r\n`, `mg ${name} v\r\n`
  ]), { gets: true })
}

/** Not `reset`, whose reply ends each batch of lines: see TEXT_SENTINEL. */
export const GROUPS = [
  '', '', '', 'settings', 'items', 'slabs', 'sizes', 'conns', 'extstore', 'proxy', 'bogus', 'ite',
  'Settings', 'malloc', 'maps', 'engines'
]

function stats (random: Random): Command {
  const blank = random.chance(0.1) ? '  ' : ' '
  const group = random.pick(GROUPS)
  const more = group !== '' && random.chance(0.1) ? ' x 1' : ''
  return text(`stats${group === '' ? '' : blank}${group}${more}\r\n`)
}

const PREFIXED = ['a:1', 'a:2', 'b:1', 'b', 'a:', ':', 'c:d:e', 'nobody']

/** From one dump to the next nothing is left: the end of a batch resets it. */
function detail (random: Random): Command {
  if (random.chance(0.3)) {
    return text(`stats detail${random.pick(['', ' x', ' On', ' dumps', ' dump x', ' off'])}\r\n`)
  }
  const requests = Array.from({ length: random.integer(1, 8) }, () => {
    const name = random.pick(PREFIXED)
    return random.pick([
      `set ${name} 0 0 1\r\n1\r\n`, `get ${name} ${random.pick(PREFIXED)}\r\n`,
      `gat 0 ${name}\r\n`, `delete ${name}\r\n`, `incr ${name} 1\r\n`, `touch ${name} 0\r\n`,
      `add ${name} 0 0 1\r\n1\r\n`, `append ${name} 0 0 1\r\n1\r\n`
    ])
  })
  const bytes = `stats detail on\r\n${requests.join('')}stats detail dump\r\nstats detail off\r\n`
  return text(bytes, { counts: true, gets: true })
}

/** 2^32 is not among them: memcached takes what is left of it. */
const NO_NUMBERS = ['x', '-1', '1.5', '0x1', '1x', '99999999999999999999', '+']

function number (random: Random, ...right: string[]): string {
  return random.chance(0.6) ? random.pick(right) : random.pick(NO_NUMBERS)
}

/** Which items are listed depends on when they moved to the COLD LRU. */
function cachedump (random: Random): Command {
  const limit = random.pick(['', ' x', ' -1', ' 0 0', ' 1'])
  const id = random.pick(['64', '255', '256', '4294967295', 'x', '-1', '60'])
  return text(`stats cachedump ${id}${limit}\r\n`)
}

function noreply (random: Random): string {
  return random.chance(0.1) ? ' noreply' : ''
}

/** Never left at the level that logs each request. */
function verbosity (random: Random): Command {
  const level = number(random, '0', '1', '2', '100')
  return text(`verbosity ${level}${noreply(random)}\r\nverbosity 0\r\n`)
}

/** Never with a delay that passes, or is taken back. */
function flush (random: Random): Command {
  const delay = random.pick(['', ' 0', ' -1', ' x', ' 1.5', ' 0x1', ' -99', ' +'])
  return text(`flush_all${delay}${noreply(random)}\r\n`)
}

function memoryLimit (random: Random): Command {
  const megabytes = number(random, '1024', '1024', '600', '7', '0', '1000000001', '4294967295')
  return text(random.weigh([
    [9, `cache_memlimit ${megabytes}${noreply(random)}\r\n`],
    [1, `cache_memlimit ${megabytes} 1\r\n`], [1, `cache_memlimit 7 1 2${noreply(random)}\r\n`]
  ]))
}

const FACTORS = ['0.1', '2.0', '1', '0', '-1', 'x', '1e1', '.5', '']

function lru (random: Random): Command {
  const share = () => number(random, '10', '20', '40', '41', '70', '0')
  const factor = () => random.pick(FACTORS)
  return text(random.pick([
    `lru tune ${share()} ${share()} ${factor()} ${factor()}`,
    `lru tune 20 40 0.2 ${factor()}`, `lru tune ${share()} 25 0.1 2.0`,
    'lru', 'lru tune', 'lru tune 1 2 3', 'lru x', 'lru mode', 'lru temp_ttl', 'lru Mode flat',
    `lru mode ${random.pick(['flat', 'segmented', 'x', 'Flat'])}`,
    `lru temp_ttl ${number(random, '61', '0', '-1', '2147483647')}`
  ]) + noreply(random) + '\r\n')
}

/** Behind `crawl` more than one may be at work, so it is asked for what can't be. */
function crawler (random: Random): Command {
  const what = random.weigh([
    [3, random.pick(['enable', 'enable x', 'disable x', 'Enable', 'x', '', ' '])],
    [3, `sleep ${number(random, '0', '100', '1000001')}`],
    [3, `tocrawl ${number(random, '0', '10', '4294967295')}`],
    [2, `crawl ${random.pick(['x', '0', '1,x', '300', '64', '1,300', '-1', 'ALL', 'al', '1 2'])}`],
    [2, `metadump ${random.pick(['x', '0', '1,x', '300', '64', '1,300', '-1', 'ALL', '1 2'])}`],
    [1, random.pick(['crawl', 'metadump', 'sleep', 'tocrawl', 'mgdump', 'sleep 1 2'])]
  ])
  return text(`lru_crawler ${what}${noreply(random)}\r\n`, { isAlone: true })
}

/** The crawler is switched off again, since its thread holds items now and then. */
function dump (random: Random): Command {
  const ids = random.pick(['all', 'hash'])
  return text(`lru_crawler metadump ${ids}\r\n`, { needsCrawler: true, lastLine: 'END\r\n' })
}

/** Classes that have no page to spare, or are none; memplug has one more, of whole pages. */
function slabs (random: Random): Command {
  const id = () => random.pick(['1', '2', '0', '5', '39', '63', '64', '-1', '-2', '255'])
  const one = id()
  return text(random.pick([
    `slabs reassign ${one} ${one}`, `slabs reassign ${random.pick(['64', '99', '-9'])} ${id()}`,
    `slabs reassign ${id()} ${random.pick(['63', '64', '99', '-9'])}`,
    `slabs reassign ${number(random, '1')} x`, 'slabs reassign', 'slabs reassign 1',
    'slabs reassign 1 2 3', 'slabs', 'slabs x', 'slabs x y', 'slabs automove',
    `slabs automove ${number(random, '0', '1', '3', '100')}`, 'slabs automove 1 x',
    'slabs automove ratio', `slabs automove ratio ${random.pick(['0.8', '0.5', 'x', '1', '.5'])}`,
    'slabs Automove 1'
  ]) + noreply(random) + '\r\n')
}

/** A watcher's connection tells events from then on: here are only those that may not be one. */
function watch (random: Random): Command {
  return text(`watch ${random.pick([
    'bogus', 'fetchers bogus', 'Fetchers', 'evictions  x', 'fetcher', 'mutations,fetchers'
  ])}\r\n`, { isAlone: true })
}

function shutdown (random: Random): Command {
  return text(`shutdown${random.pick(['', ' graceful', ' x', ' noreply', ' graceful x'])}\r\n`)
}

function unknown (random: Random): Command {
  return text(random.pick([
    'cache_memlimit', 'cache_memlimit_', 'extstore', 'extstore x',
    'refresh_certs', 'debugtime p', 'debugitem lock a', 'misbehave', 'version x y', 'bget',
    'bget nobody', 'stat', 'slab', 'lru_crawl', 'lru_crawlers', 'flush', 'flush_al', 'config get x'
  ]) + '\r\n')
}
