import type { CreateEngine, Feature, Settings } from '@memplug/engine'
import type { Kit, KitOptions } from '../kit.js'

/** What the whole run of the kit was given. */
export interface Context extends KitOptions {
  readonly create: CreateEngine
  readonly module?: string | URL | undefined
  readonly seed?: number | undefined
  readonly runs?: number | undefined
}

/** One test of the kit. Its kit is started before, and stopped after. */
export interface Check {
  readonly name: string
  /** Only of engines with all of these, and with none of those. */
  readonly needs?: readonly Feature[]
  readonly lacks?: readonly Feature[]
  readonly settings?: Partial<Settings>
  /** Why it can't be run; undefined if it can. */
  readonly skip?: (context: Context) => string | undefined
  run (kit: Kit, context: Context): Promise<void>
}

export const MEGABYTE = 1 << 20
export const MAX_INT32 = 0x7fffffff
