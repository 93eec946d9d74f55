import type { ServerOptions } from '@memplug/server'
import type { Arguments } from './arguments.js'
import { ExitCode, StartError } from './exit.js'
import { extendedOptions, type Draft, type ExtendedOption } from './extended-options.js'
import { checkSlabOptions } from './slab-options.js'
import type { TlsDraft } from './tls-options.js'

/** What -o gave: options, config for the engine, and the names of those that do nothing here. */
export interface Extended {
  readonly server: ServerOptions
  readonly engineConfig: Record<string, string>
  readonly tls: TlsDraft
  readonly ignored: readonly string[]
}

/** Reads every -o. Throws a StartError for what memcached would not know either. */
export function readExtended (args: Arguments): Extended {
  const draft: Draft = { server: {}, engineConfig: {}, tls: {} }
  const ignored = new Set<string>()
  for (const text of (args.lists.get('extended') ?? []).flatMap(list => list.split(','))) {
    if (text === '') continue
    const { option, value } = readOption(text)
    option.always?.(draft, value)
    if (!isKnown(option, engineOf(args))) {
      ignored.add(option.name)
      continue
    }
    option.put(draft, value)
    if (option.fate === 'ignored') ignored.add(option.name)
  }
  checkSlabOptions(draft.engineConfig)
  return { ...draft, ignored: [...ignored] }
}

function readOption (text: string): { option: ExtendedOption, value: string } {
  const equals = text.indexOf('=')
  const name = equals === -1 ? text : text.slice(0, equals)
  const value = equals === -1 ? '' : text.slice(equals + 1)
  const option = extendedOptions.find(option => option.name === name)
  if (option === undefined) return refuse(`Illegal suboption "${text}"`)
  if (value === '' && option.takes === 'number') refuse(`Missing numeric argument for ${name}`)
  if (value === '' && option.takes === 'text') refuse(`Missing ${name} argument`)
  if (value !== '' && option.takes.endsWith('number') && !/^-?\d+(\.\d+)?$/.test(value)) {
    refuse(`could not parse argument to ${name}`)
  }
  return { option, value }
}

export function engineOf (args: Arguments): string {
  return args.texts.get('engine') ?? 'slab'
}

/** Whether the engine knows the option, or may know it. */
function isKnown ({ engine }: ExtendedOption, name: string): boolean {
  return engine === undefined || (engine === 'slab' ? name === 'slab' : name !== 'map')
}

function refuse (message: string): never {
  throw new StartError(ExitCode.BAD_OPTION, message)
}
