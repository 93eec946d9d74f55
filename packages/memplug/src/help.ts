import { readFileSync } from 'node:fs'
import { defaults, MEMCACHED_VERSION } from '@memplug/server'
import yargs from 'yargs'
import type { Options } from 'yargs'
import type { Flag } from './flags.js'
import { flags, meaningless } from './flags.js'

const MEGABYTE = 1 << 20
const COLUMNS = 100

/** The first line is memcached's: its tools read the version there. */
export function versionText (): string {
  const file = new URL('../package.json', import.meta.url)
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string }
  return `memcached ${MEMCACHED_VERSION}\nmemplug ${version}\n`
}

export async function helpText (): Promise<string> {
  const shown = flags.filter(flag => !meaningless.includes(flag.name))
  const help = await yargs([])
    .help(false).version(false).detectLocale(false).wrap(COLUMNS)
    .usage('memplug [flags]: memcached with plug-in storage engines')
    .options(Object.fromEntries(shown.map(flag => [flag.name, toYargs(flag)])))
    .epilogue('Most of -o, and -k -r -L, are taken and have no effect here. ' +
      'See docs/operations.md for every flag, exit code and signal.')
    .getHelp()
  return `${versionText()}\n${help}\n`
}

const typeNames = {
  nothing: 'boolean', text: 'string', number: 'number', list: 'array', count: 'count'
} as const

function toYargs (flag: Flag): Options {
  const type = typeNames[flag.takes]
  const fallback = defaultTexts[flag.name]
  return {
    describe: flag.describe,
    type,
    ...(flag.letter === undefined ? {} : { alias: flag.letter }),
    ...(fallback === undefined ? {} : { default: fallback, defaultDescription: fallback })
  }
}

/** By flag name, as one would type them. */
const defaultTexts: Readonly<Record<string, string>> = {
  'port': String(defaults.port),
  'unix-mask': defaults.socketMode.toString(8),
  'listen': defaults.listen.join(','),
  'udp-port': '0',
  'listen-backlog': String(defaults.backlog),
  'protocol': defaults.protocol,
  'conn-limit': String(defaults.maxConnections),
  'conn-limit-per-address': String(defaults.maxConnectionsPerAddress),
  'request-timeout': String(defaults.requestTimeout),
  'max-reqs-per-event': String(defaults.maxRequestsPerEvent),
  'threads': '4',
  'transport': defaults.transport,
  'engine': String(defaults.engine),
  'engine-timeout': String(defaults.engineTimeout / 1000),
  'memory-limit': String(defaults.memoryLimit / MEGABYTE),
  'max-item-size': `${defaults.maxItemSize / MEGABYTE}m`,
  'max-key-size': String(defaults.maxKeySize),
  'slab-growth-factor': String(defaults.growthFactor),
  'slab-min-size': String(defaults.minItemSpace)
}
