import { PAGE_SIZE } from '@memplug/arena'
import { Moves, type SharedMoves } from './moves.js'
import { PageTable, type SharedPages } from './page-table.js'
import { Spans, type SharedSpans } from './spans.js'
import { DEFAULT_MOVING, Tuning, type Moving } from './tuning.js'

/** What the allocators of all threads share. */
export interface SharedSlabs {
  readonly sizes: readonly number[]
  readonly pages: SharedPages
  readonly tuning: SharedArrayBuffer
  readonly moves: SharedMoves
  /** With slab_chunk_max below half a page. */
  readonly spans?: SharedSpans
  /** Bytes of -m that are pretended to be in use: see pretendedBytes. */
  readonly pretended: number
}

/** Slabs in a memory of so many pages, of which at first `limit` bytes may be used. */
export function reserveSlabs (
  pages: number, sizes: readonly number[], limit = pages * PAGE_SIZE,
  moving: Moving = DEFAULT_MOVING, pretended = 0
): SharedSlabs {
  const allowed = Math.max(1, Math.min(Math.floor((limit - pretended) / PAGE_SIZE), pages))
  const spans = Spans.reserve(pages, sizes)
  return {
    sizes,
    pages: PageTable.reserve(pages, sizes.length + 1, allowed),
    tuning: Tuning.reserve(moving, limit),
    moves: Moves.reserve(),
    ...(spans === undefined ? {} : { spans }),
    pretended
  }
}

/** memcached's tests let it believe so that it has taken gigabytes of memory already. */
export function pretendedBytes (): number {
  const bytes = Number(process.env['T_MEMD_INITIAL_MALLOC'] ?? 0)
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : 0
}
