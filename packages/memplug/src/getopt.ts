import { ExitCode, StartError } from './exit.js'
import type { Flag } from './flags.js'
import { flags, spell } from './flags.js'

/**
 * Rewrites a command line as getopt_long reads it (-vvm64, -p11211, -p 11211, --po=1) into
 * --name and --name=value, one word each. Throws a StartError in getopt's words.
 */
export function normalise (argv: readonly string[]): string[] {
  const words: string[] = []
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]
    if (word === '--') {
      if (at + 1 < argv.length) refuseOperand(argv[at + 1])
      break
    }
    if (word === '-' || !word.startsWith('-')) refuseOperand(word)
    const { found, needsNext } = word.startsWith('--') ? readLong(word) : readCluster(word)
    words.push(...found)
    if (needsNext === undefined) continue
    if (++at === argv.length) refuse(needsNext.complaint)
    words.push(`--${needsNext.name}=${argv[at]}`)
  }
  return words
}

interface Reading {
  readonly found: string[]
  /** The next word of the command line is this flag's value. */
  readonly needsNext?: { readonly name: string, readonly complaint: string }
}

/** -abcVALUE: letters that take nothing, then perhaps one that takes the rest or the next word. */
function readCluster (word: string): Reading {
  const found: string[] = []
  for (let at = 1; at < word.length; at++) {
    const letter = word[at]
    const flag = flags.find(flag => flag.letter === letter)
    if (flag === undefined) return refuse(`invalid option -- '${letter}'`)
    refuseUnsupported(flag)
    if (!takesValue(flag)) {
      found.push(`--${flag.name}`)
      continue
    }
    const rest = word.slice(at + 1)
    if (rest !== '') return { found: [...found, `--${flag.name}=${rest}`] }
    const complaint = `option requires an argument -- '${letter}'`
    return { found, needsNext: { name: flag.name, complaint } }
  }
  return { found }
}

/** --name, --name=value, --name value; an unambiguous beginning of the name will do. */
function readLong (word: string): Reading {
  const equals = word.indexOf('=')
  const typed = word.slice(2, equals === -1 ? undefined : equals)
  const flag = findLong(typed)
  refuseUnsupported(flag)
  if (takesValue(flag)) {
    if (equals !== -1) return { found: [`--${flag.name}=${word.slice(equals + 1)}`] }
    const complaint = `option '--${flag.name}' requires an argument`
    return { found: [], needsNext: { name: flag.name, complaint } }
  }
  if (equals !== -1) refuse(`option '--${flag.name}' doesn't allow an argument`)
  return { found: [`--${flag.name}`] }
}

function findLong (typed: string): Flag {
  const exact = flags.find(flag => flag.name === typed)
  if (exact !== undefined) return exact
  const possible = flags.filter(flag => typed !== '' && flag.name.startsWith(typed))
  if (possible.length === 1) return possible[0]
  if (possible.length > 1) {
    const names = possible.map(flag => `'--${flag.name}'`).join(' ')
    refuse(`option '--${typed}' is ambiguous; possibilities: ${names}`)
  }
  return refuse(`unrecognized option '--${typed}'`)
}

function takesValue (flag: Flag): boolean {
  return flag.takes !== 'nothing' && flag.takes !== 'count'
}

function refuseUnsupported (flag: Flag): void {
  if (flag.fate !== 'refused') return
  refuse(`${spell(flag)} (--${flag.name}) of memcached is not supported`)
}

function refuseOperand (word: string): never {
  return refuse(`unexpected argument '${word}'`, ExitCode.USAGE)
}

function refuse (complaint: string, exitCode: ExitCode = ExitCode.BAD_OPTION): never {
  throw new StartError(exitCode, `memplug: ${complaint}; memplug -h lists the options`)
}
