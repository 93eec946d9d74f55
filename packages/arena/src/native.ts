import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import process from 'node:process'

/** What JavaScript itself lacks. */
export interface MemoryAddon {
  /**
   * Gives the operating system's pages that lie wholly in a range of a typed array back to it:
   * they read as zero afterwards. Answers how many bytes those were. Throws if it can't be done.
   */
  readonly discard: Discard
  /** Asks for large pages, which spare the processor most misses of its TLB. */
  readonly useLargePages: (memory: Int32Array) => boolean
  /** What is used of it from now on is not swapped out. Answers why it can't be, or ''. */
  readonly lockMemory: (memory: Int32Array) => string
}

export type Discard = (memory: Int32Array, byteOffset: number, byteLength: number) => number

/** The native addon, or null where there is none. */
export function loadMemoryAddon (): MemoryAddon | null {
  return load('build') ?? load(`prebuilds/${process.platform}-${process.arch}${libc()}`)
}

function load (folder: string): MemoryAddon | null {
  try {
    return createRequire(import.meta.url)(`../${folder}/memory.node`) as MemoryAddon
  } catch {
    return null
  }
}

function libc (): string {
  if (process.platform !== 'linux') return ''
  return /\/(ld-musl-|libc\.musl)/.test(readFileSync('/proc/self/maps', 'latin1'))
    ? '-musl' : '-glibc'
}
