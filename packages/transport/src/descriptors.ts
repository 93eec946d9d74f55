import { openAddon } from './addon-file.js'

const REVISION = 1

interface Addon {
  readonly revision: number
  duplicate (descriptor: number): number
}

/** Answers another descriptor of the same file, or -errno. */
export type Duplicate = (descriptor: number) => number

/** The native addon's duplicate(), or an Error that says why there is none. */
export function loadDuplicate (): Duplicate | Error {
  try {
    const addon = openAddon<Addon>('descriptors', REVISION)
    return descriptor => addon.duplicate(descriptor)
  } catch (error) {
    return error as Error
  }
}
