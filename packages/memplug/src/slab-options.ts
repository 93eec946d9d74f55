import { ExitCode, StartError } from './exit.js'

type Config = Record<string, string>
/** Writes what an option asks for into the config of the slab engine. */
type Apply = (config: Config, value: string | undefined) => void

const MOST_PERCENT = 79
/** A whole page: then no item is made of several chunks of one. */
const PAGE_KILOBYTES = '1024'
const PAGE_BYTES = 1024 * 1024

const put = (name: string, text: string): Apply => config => { config[name] = text }

/** The -o of memcached that concern slab classes and their LRU lists, in its words. */
const options: Readonly<Record<string, Apply>> = {
  slab_sizes: (config, value = '') => { config['slab_sizes'] = value },
  slab_reassign: put('slab_reassign', 'true'),
  no_slab_reassign: put('slab_reassign', 'false'),
  slab_automove: (config, value = '1') => {
    config['slab_automove'] = check('slab_automove', value, number => number >= 0 && number <= 2,
      'slab_automove must be between 0 and 2')
  },
  no_slab_automove: put('slab_automove', '0'),
  slab_automove_ratio: number('slab_automove_ratio', value => value >= 0.01 && value <= 1,
    'slab_automove_ratio must be > 0 and < 1'),
  slab_automove_window: number('slab_automove_window', value => value >= 3 && value <= 1800,
    'slab_automove_window must be > 2'),
  slab_automove_freeratio: number('slab_automove_freeratio', value => value > 0 && value <= 1,
    'slab_automove_freeratio must be > 0 and < 1'),
  slab_chunk_max: (config, value) => {
    const kilobytes = check('slab_chunk_max', value, number => number >= 1 && number <= 1024,
      'slab_chunk_max must be from 1 to 1024 kilobytes')
    const bytes = Number(kilobytes) * 1024
    if (PAGE_BYTES % bytes !== 0) {
      throw new StartError(ExitCode.USAGE,
        `slab_chunk_max (bytes: ${bytes}) must divide evenly into ${PAGE_BYTES} (slab_page_size)`)
    }
    config['slab_chunk_max'] = kilobytes
  },
  no_chunked_items: put('slab_chunk_max', PAGE_KILOBYTES),
  lru_maintainer: put('lru_segmented', 'true'),
  no_lru_maintainer: put('lru_segmented', 'false'),
  hot_lru_pct: number('hot_lru_pct', isPercent, 'hot_lru_pct must be > 1 and < 80'),
  warm_lru_pct: number('warm_lru_pct', isPercent, 'warm_lru_pct must be > 1 and < 80'),
  hot_max_factor: number('hot_max_factor', value => value > 0, 'hot_max_factor must be > 0'),
  warm_max_factor: number('warm_max_factor', value => value > 0, 'warm_max_factor must be > 0'),
  temporary_ttl: number('temporary_ttl', value => value >= 0 && value <= 2147483647,
    'temporary_ttl must be 0 or more'),
  no_modern: config => {
    config['slab_chunk_max'] ??= PAGE_KILOBYTES
    Object.assign(config, { slab_reassign: 'false', slab_automove: '0', lru_segmented: 'false' })
  }
}

/** Obeys a -o of the slab engine; false if it is none. Throws a StartError for a bad value. */
export function readSlabOption (name: string, value: string | undefined, config: Config): boolean {
  if (!Object.hasOwn(options, name)) return false
  options[name](config, value)
  return true
}

/** What no single option can tell. */
export function checkSlabOptions (config: Config): void {
  const hot = Number(config['hot_lru_pct'] ?? 20)
  const warm = Number(config['warm_lru_pct'] ?? 40)
  if (hot + warm > 80) refuse('hot_lru_pct + warm_lru_pct cannot be more than 80% combined')
}

function isPercent (value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= MOST_PERCENT
}

function number (name: string, isGood: (value: number) => boolean, complaint: string): Apply {
  return (config, value) => { config[name] = check(name, value, isGood, complaint) }
}

function check (
  name: string, value: string | undefined, isGood: (value: number) => boolean, complaint: string
): string {
  if (value === undefined || !/^-?\d+(\.\d+)?$/.test(value)) {
    refuse(`Missing numeric argument for ${name}`)
  }
  if (!isGood(Number(value))) refuse(complaint)
  return value
}

function refuse (message: string): never {
  throw new StartError(ExitCode.BAD_OPTION, message)
}
