import type { Config } from './host.js'

/** What the operator gave with --engine-config can't be used; the message says why. */
export class ConfigError extends Error {
  readonly code = 'MEMPLUG_ENGINE_CONFIG'
  override name = 'ConfigError'
}

type Parse<T> = (text: string, name: string) => T
type Values<S> = { [K in keyof S]: S[K] extends Parse<infer T> ? T | undefined : never }

/**
 * Reads an engine's config by a schema of parsers, one for each name the engine knows.
 * Throws a ConfigError for an unknown name, which lists the known ones, and for a bad value.
 */
export function readConfig<S extends Record<string, Parse<unknown>>> (
  config: Config, schema: S
): Values<S> {
  const known = Object.keys(schema)
  for (const name of Object.keys(config)) {
    if (known.includes(name)) continue
    const list = known.length === 0 ? 'it takes none' : `known are ${known.join(', ')}`
    throw new ConfigError(`unknown engine config '${name}': ${list}`)
  }
  return Object.fromEntries(known.map(name => {
    const text = Object.hasOwn(config, name) ? config[name] : undefined
    return [name, text === undefined ? undefined : schema[name](text, name)]
  })) as Values<S>
}

/** Parsers for readConfig. */
export const parse = {
  text: (text: string): string => text,

  flag: (text: string, name: string): boolean => {
    if (text === 'true' || text === 'false') return text === 'true'
    throw new ConfigError(`engine config '${name}': '${text}' is neither true nor false`)
  },

  /** A decimal number of `low` or more. */
  number: (low: number, high = Number.MAX_SAFE_INTEGER) => (text: string, name: string): number => {
    const number = Number(text)
    if (/^\d+(\.\d+)?$/.test(text) && number >= low && number <= high) return number
    throw new ConfigError(`engine config '${name}': '${text}' is not a number from ${low} ` +
      (high === Number.MAX_SAFE_INTEGER ? 'up' : `to ${high}`))
  },

  /** Numbers with commas or dashes between them. */
  numbers: (text: string, name: string): number[] =>
    text.split(/[,-]/).map(part => parse.number(1)(part, name))
}
