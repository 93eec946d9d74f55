import { Status } from '@memplug/engine'
import type { Allocator, Evictor } from './allocator.js'

const MEGABYTE = 1 << 20
const LEAST = 8
const MOST = 1_000_000_000
/** memcached reads the number as an unsigned one of 32 bits. */
const MOST_READ = 0xffffffff

/** cache_memlimit MEGABYTES, in memcached's words. */
export function limitMemory (
  words: readonly string[], allocator: Allocator, evictor: Evictor,
  tell: (line: string) => void
): Status {
  const given = words[1] ?? ''
  const megabytes = /^\d+$/.test(given) ? Number(given) : Infinity
  tell(answer(megabytes, allocator, evictor))
  return Status.SUCCESS
}

function answer (megabytes: number, allocator: Allocator, evictor: Evictor): string {
  if (megabytes > MOST_READ) return 'ERROR'
  if (megabytes < LEAST) return 'MEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m'
  if (megabytes > MOST) return 'MEMLIMIT_ADJUST_FAILED input value is megabytes not bytes'
  return allocator.resize?.(megabytes * MEGABYTE, evictor) === true
    ? 'OK' : 'MEMLIMIT_ADJUST_FAILED out of bounds or unable to adjust'
}
