import { readFileSync } from 'node:fs'
import type { Host } from '@memplug/engine'
import type { Memory } from './memory.js'
import { loadMemoryAddon, type MemoryAddon } from './native.js'

/** Bytes of -m from which on large pages are asked for though nobody said so. */
const LARGE_PAGES_FROM = 2 ** 30
/** Says, on Linux, whether the system gives any. */
const LARGE_PAGES_FILE = '/sys/kernel/mm/transparent_hugepage/enabled'
const NO_ADDON = "the addon 'memory' is not built"

/**
 * What the operator wants of the memory itself: -L, -k. What can't be had is a warning.
 *
 * With small pages, nearly each item that is looked at costs a miss of the TLB. But memory that
 * is touched here and there becomes resident by 2 MiB then: too much for a small cache, if it is
 * not asked for.
 */
export function obeyWishes (
  memory: Memory, host: Pick<Host, 'settings' | 'log'>,
  addon: MemoryAddon | null = loadMemoryAddon()
): void {
  const { largePages = false, lockMemory = false, memoryLimit } = host.settings
  if (largePages || memoryLimit >= LARGE_PAGES_FROM) {
    const refusal = useLargePages(memory, addon)
    if (largePages && refusal !== '') host.log('warn', `there are no large pages (-L): ${refusal}`)
  }
  if (!lockMemory) return
  const refusal = addon === null ? NO_ADDON
    : memory.words.map(words => addon.lockMemory(words)).find(reason => reason !== '')
  if (refusal !== undefined) host.log('warn', `the memory can not be locked (-k): ${refusal}`)
}

/** Why there will be none, or ''. */
function useLargePages (memory: Memory, addon: MemoryAddon | null): string {
  if (addon === null) return NO_ADDON
  const given = memory.words.map(words => addon.useLargePages(words))
  if (given.includes(false)) return 'the system knows none'
  return isOff() ? `${LARGE_PAGES_FILE} says never` : ''
}

function isOff (): boolean {
  try {
    return readFileSync(LARGE_PAGES_FILE, 'latin1').includes('[never]')
  } catch {
    return false
  }
}
