import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import process from 'node:process'

/**
 * Gives the operating system's pages that lie wholly in a range of a typed array back to it:
 * they read as zero afterwards. Answers how many bytes those were. Throws if it can't be done.
 */
export type Discard = (memory: Int32Array, byteOffset: number, byteLength: number) => number

/** The addon's function, which JavaScript itself lacks, or null where there is none. */
export function loadDiscard (): Discard | null {
  return load('build') ?? load(`prebuilds/${process.platform}-${process.arch}${libc()}`)
}

function load (folder: string): Discard | null {
  try {
    const addon: unknown = createRequire(import.meta.url)(`../${folder}/discard.node`)
    return (addon as { discard: Discard }).discard
  } catch {
    return null
  }
}

function libc (): string {
  if (process.platform !== 'linux') return ''
  return /\/(ld-musl-|libc\.musl)/.test(readFileSync('/proc/self/maps', 'latin1'))
    ? '-musl' : '-glibc'
}
