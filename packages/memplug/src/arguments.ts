import parse from 'yargs-parser'
import type { Flag } from './flags.js'
import { flags } from './flags.js'
import { normalise } from './getopt.js'

/** What the command line gave, by flag name. */
export interface Arguments {
  readonly texts: ReadonlyMap<string, string>
  readonly lists: ReadonlyMap<string, readonly string[]>
  readonly switches: ReadonlySet<string>
  readonly verbosity: number
}

// The parser of yargs alone: yargs itself takes some 70 ms to load, for help that is seldom asked.
export function parseArguments (argv: readonly string[]): Arguments {
  const lists = namesThatTake('list')
  const parsed: Record<string, unknown> = parse(normalise(argv), {
    // Numbers too: what is no number is told in other words than NaN.
    string: [...namesThatTake('text', 'number'), ...lists],
    array: lists,
    boolean: namesThatTake('nothing'),
    count: namesThatTake('count'),
    configuration: {
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'greedy-arrays': false
    }
  })
  return {
    texts: new Map(pick(parsed, 'text', 'number').map(([name, value]) => [name, last(value)])),
    lists: new Map(pick(parsed, 'list').map(([name, value]) => [name, value as string[]])),
    switches: new Set(pick(parsed, 'nothing').map(([name]) => name)),
    verbosity: parsed['verbose'] as number
  }
}

/** What was given of flags of a kind, in the order of the list of flags. */
function pick (parsed: Record<string, unknown>, ...kinds: Flag['takes'][]): [string, unknown][] {
  return namesThatTake(...kinds)
    .filter(name => parsed[name] !== undefined)
    .map(name => [name, parsed[name]])
}

function namesThatTake (...kinds: Flag['takes'][]): string[] {
  return flags.filter(flag => kinds.includes(flag.takes)).map(flag => flag.name)
}

/** Of a flag that is given twice the last one counts. */
function last (value: unknown): string {
  return Array.isArray(value) ? value.at(-1) as string : value as string
}
