import { createRequire } from 'node:module'

/**
 * Gives the operating system's pages that lie wholly in a range of a typed array back to it:
 * they read as zero afterwards. Answers how many bytes those were. Throws if it can't be done.
 */
export type Discard = (memory: Int32Array, byteOffset: number, byteLength: number) => number

/** The addon's function, which JavaScript itself lacks, or null where it was not built. */
export function loadDiscard (): Discard | null {
  try {
    const load = createRequire(import.meta.url)
    return (load('../build/discard.node') as { discard: Discard }).discard
  } catch {
    return null
  }
}
