import { readFileSync } from 'node:fs'
import { defaults, MEMCACHED_VERSION } from '@memplug/server'
import yargs from 'yargs'
import type { Options } from 'yargs'
import { extendedOptions } from './extended-options.js'
import type { Flag } from './flags.js'
import { flags } from './flags.js'

const MEGABYTE = 1 << 20
const COLUMNS = 100

/** The first line is memcached's: its tools read the version there. */
export function versionText (): string {
  const file = new URL('../package.json', import.meta.url)
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string }
  return `memcached ${MEMCACHED_VERSION}\nmemplug ${version}\n`
}

export function licenseText (): string {
  return readFileSync(new URL('../LICENSE', import.meta.url), 'utf8')
}

export async function helpText (): Promise<string> {
  const shown = flags.filter(flag => flag.fate === 'honoured')
  const help = await yargs([])
    .help(false).version(false).detectLocale(false).wrap(COLUMNS)
    .usage('memplug [flags]: memcached with plug-in storage engines\n' +
      'memplug tool | top: look into a server of this kind; -h tells more')
    .options(Object.fromEntries(shown.map(flag => [flag.name, toYargs(flag)])))
    .epilogue(`Of -o: ${honouredOptions()}.\n` +
      "memcached's other flags and options are taken, or refused, with a line that says so: " +
      'see docs/operations.md.')
    .getHelp()
  return `${versionText()}\n${help}\n`
}

function honouredOptions (): string {
  return extendedOptions.filter(option => option.fate === 'honoured').map(({ name }) => name)
    .join(', ')
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
