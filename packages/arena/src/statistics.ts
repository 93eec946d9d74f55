import { Status, type AddStat } from '@memplug/engine'
import type { Arena } from './arena.js'
import type { Crawler } from './crawler.js'
import { ClassCount, GeneralCount, ThreadCount } from './counters.js'
import type { Eviction } from './eviction.js'
import { HEADER_SIZE } from './header.js'
import { Segment, SEGMENT_BITS } from './lru.js'

const BUCKET_BYTES = 4

/** memcached's statistics, in its words and order. Classes are numbered from 1. */
export class Statistics {
  private readonly arena: Arena
  private readonly eviction: Eviction
  private readonly crawler: Crawler

  constructor (arena: Arena, eviction: Eviction, crawler: Crawler) {
    this.arena = arena
    this.eviction = eviction
    this.crawler = crawler
  }

  tell (group: string, add: AddStat): Status {
    switch (group) {
      case '': this.addGeneral(add); break
      case 'items': this.addItems(add); break
      case 'slabs': this.addSlabs(add); break
      case 'engine': this.addEngine(add); break
      case 'settings': this.addSettings(add); break
      case 'reset': this.reset(); break
      default: return Status.NOT_FOUND
    }
    return Status.SUCCESS
  }

  private reset (): void {
    const { counters, allocator, locks } = this.arena
    counters.reset()
    this.crawler.resetStats()
    locks.lockAllocator()
    allocator.resetStats?.()
    locks.unlockAllocator()
  }

  private addGeneral (add: AddStat): void {
    const { counters, table, allocator, locks } = this.arena
    const sum = (count: number) => counters.sumClasses(count)
    const stats = new Map<string, string | number>([
      ['get_expired', counters.sumGeneral(GeneralCount.GET_EXPIRED)],
      ['get_flushed', counters.sumGeneral(GeneralCount.GET_FLUSHED)],
      ['hash_power_level', 31 - Math.clz32(table.used)],
      ['hash_bytes', table.used * BUCKET_BYTES],
      ['hash_is_expanding', 0],
      ['slab_reassign_rescues', 0],
      ['slab_reassign_chunk_rescues', 0],
      ['slab_reassign_inline_reclaim', 0],
      ['slab_reassign_busy_items', 0],
      ['slab_reassign_busy_deletes', 0],
      ['slab_reassign_busy_nomem', 0],
      ['slab_reassign_last_busy_status', 'none'],
      ['slab_reassign_running', 0],
      ['slabs_moved', 0],
      ['lru_crawler_running', Number(this.crawler.isRunning)],
      ['lru_crawler_starts', this.crawler.starts],
      ['bytes', sum(ClassCount.BYTES)],
      ['curr_items', sum(ClassCount.ITEMS)],
      ['total_items', sum(ClassCount.TOTAL)],
      ['slab_global_page_pool', 0],
      ['expired_unfetched', sum(ClassCount.EXPIRED_UNFETCHED)],
      ['evicted_unfetched', sum(ClassCount.EVICTED_UNFETCHED)],
      ['evictions', sum(ClassCount.EVICTED)],
      ['reclaimed', sum(ClassCount.RECLAIMED)],
      ['crawler_reclaimed', sum(ClassCount.CRAWLER_RECLAIMED)],
      ['crawler_items_checked', sum(ClassCount.CRAWLER_CHECKED)],
      ['lrutail_reflocked', sum(ClassCount.PASSED_BY)]
    ])
    if (this.maintained) this.addMaintainer(stats)
    const limit = allocator.limitBytes?.()
    if (limit !== undefined) stats.set('limit_maxbytes', limit)
    locks.lockAllocator()
    allocator.addStats?.((name, value) => stats.set(name, value))
    locks.unlockAllocator()
    for (const [name, value] of stats) add(name, value)
  }

  private addMaintainer (stats: Map<string, string | number>): void {
    const { counters } = this.arena
    const sum = (count: number) => counters.sumClasses(count)
    stats.set('lru_maintainer_juggles', counters.sumGeneral(GeneralCount.JUGGLES))
    stats.set('evicted_active', sum(ClassCount.EVICTED_ACTIVE))
    stats.set('moves_to_cold', sum(ClassCount.MOVES_TO_COLD))
    stats.set('moves_to_warm', sum(ClassCount.MOVES_TO_WARM))
    stats.set('moves_within_lru', sum(ClassCount.MOVES_WITHIN_LRU))
    stats.set('direct_reclaims', sum(ClassCount.EVICTED))
    stats.set('lru_bumps_dropped', 0)
  }

  private addSettings (add: AddStat): void {
    const { allocator, lru } = this.arena
    allocator.addSettings?.(add)
    if (!allocator.listPerClass) return
    const yesOrNo = (flag: boolean) => flag ? 'yes' : 'no'
    add('lru_maintainer_thread', yesOrNo(lru.maintained))
    add('lru_segmented', yesOrNo(lru.segmented))
    add('hot_lru_pct', lru.hotPercent)
    add('warm_lru_pct', lru.warmPercent)
    add('hot_max_factor', lru.hotFactor.toFixed(2))
    add('warm_max_factor', lru.warmFactor.toFixed(2))
    add('temp_lru', yesOrNo(lru.temporary))
    add('temporary_ttl', lru.temporaryTtl)
  }

  /** What memcached does not tell. */
  private addEngine (add: AddStat): void {
    const items = this.arena.counters.sumClasses(ClassCount.ITEMS)
    add('item_header_bytes', HEADER_SIZE)
    add('item_overhead_bytes', items === 0 ? 0 : Math.round(this.countOverhead() / items))
  }

  /** Bytes that items take beyond their keys and values: headers, rounding, and the table. */
  private countOverhead (): number {
    const { counters, table, allocator, locks } = this.arena
    let bytes = table.used * BUCKET_BYTES
    locks.lockAllocator()
    for (let i = 0; i < allocator.classes; i++) {
      const stats = allocator.describe(i)
      if (stats !== null) bytes += stats.usedChunks * stats.chunkSize
    }
    locks.unlockAllocator()
    const items = counters.sumClasses(ClassCount.ITEMS)
    return bytes - (counters.sumClasses(ClassCount.BYTES) - items * HEADER_SIZE)
  }

  private addItems (add: AddStat): void {
    const { counters, allocator } = this.arena
    for (let i = 0; i < allocator.classes; i++) {
      const items = counters.ofClass(i, ClassCount.ITEMS)
      if (items === 0) continue
      const of = (count: number) => counters.ofClass(i, count)
      const stats: Record<string, number> = {
        number: items,
        ...this.describeLists(i),
        age: this.eviction.ageOf(this.arena.listPerClass ? i : 0),
        mem_requested: of(ClassCount.BYTES),
        evicted: of(ClassCount.EVICTED),
        evicted_nonzero: of(ClassCount.EVICTED_NONZERO),
        evicted_time: of(ClassCount.EVICTED_TIME),
        outofmemory: of(ClassCount.OUT_OF_MEMORY),
        tailrepairs: 0,
        reclaimed: of(ClassCount.RECLAIMED),
        expired_unfetched: of(ClassCount.EXPIRED_UNFETCHED),
        evicted_unfetched: of(ClassCount.EVICTED_UNFETCHED),
        ...(this.isBare ? {} : { evicted_active: of(ClassCount.EVICTED_ACTIVE) }),
        crawler_reclaimed: of(ClassCount.CRAWLER_RECLAIMED),
        crawler_items_checked: of(ClassCount.CRAWLER_CHECKED),
        lrutail_reflocked: of(ClassCount.PASSED_BY),
        ...this.describeMoves(i)
      }
      for (const [name, value] of Object.entries(stats)) add(`items:${i + 1}:${name}`, value)
    }
  }

  /** The LRU lists of a class, as memcached tells of them where it has the maintainer. */
  private describeLists (sizeClass: number): Record<string, number> {
    const { counters, lists, lru } = this.arena
    if (!this.arena.listPerClass) {
      const number = counters.ofClass(sizeClass, ClassCount.ITEMS)
      return { number_hot: 0, number_warm: 0, number_cold: number, age_hot: 0, age_warm: 0 }
    }
    if (this.isBare) return {}
    const base = sizeClass << SEGMENT_BITS
    return {
      number_hot: lists.countItems(base + Segment.HOT),
      number_warm: lists.countItems(base + Segment.WARM),
      number_cold: lists.countItems(base + Segment.COLD),
      ...(lru.temporary ? { number_temp: lists.countItems(base + Segment.TEMP) } : {}),
      age_hot: this.eviction.ageIn(base + Segment.HOT),
      age_warm: this.eviction.ageIn(base + Segment.WARM)
    }
  }

  private describeMoves (sizeClass: number): Record<string, number> {
    if (this.isBare) return {}
    const { counters } = this.arena
    const of = (count: number) => counters.ofClass(sizeClass, count)
    const hits = (segment: number) =>
      counters.sumThreads(sizeClass, ThreadCount.GET_HITS + segment)
    return {
      moves_to_cold: of(ClassCount.MOVES_TO_COLD),
      moves_to_warm: of(ClassCount.MOVES_TO_WARM),
      moves_within_lru: of(ClassCount.MOVES_WITHIN_LRU),
      direct_reclaims: of(ClassCount.EVICTED),
      // Of a single list, which is COLD, hits are counted in the first place.
      hits_to_hot: this.arena.listPerClass ? hits(Segment.HOT) : 0,
      hits_to_warm: hits(Segment.WARM),
      hits_to_cold: this.arena.listPerClass ? hits(Segment.COLD) : hits(Segment.HOT),
      hits_to_temp: hits(Segment.TEMP)
    }
  }

  /** Whether there are segmented lists, and somebody who puts them in order. */
  private get maintained (): boolean {
    return this.arena.listPerClass && this.arena.lru.maintained
  }

  /** Without its maintainer memcached tells nothing of the lists. */
  private get isBare (): boolean {
    return this.arena.listPerClass && !this.maintained
  }

  private addSlabs (add: AddStat): void {
    const { counters, allocator, locks } = this.arena
    locks.lockAllocator()
    // A class that had items is told though it has no page any more, as in memcached it keeps one.
    const classes = Array.from({ length: allocator.classes }, (_, i) =>
      allocator.describe(i, counters.ofClass(i, ClassCount.TOTAL) > 0))
    const malloced = allocator.totalBytes()
    locks.unlockAllocator()
    let active = 0
    for (const [i, stats] of classes.entries()) {
      if (stats === null) continue
      if (stats.totalPages > 0) active++
      const of = (count: number) => counters.sumThreads(i, count)
      const lines: Record<string, number> = {
        chunk_size: stats.chunkSize,
        chunks_per_page: stats.chunksPerPage,
        total_pages: stats.totalPages,
        total_chunks: stats.totalChunks,
        used_chunks: stats.usedChunks,
        free_chunks: stats.totalChunks - stats.usedChunks,
        free_chunks_end: 0,
        get_hits: counters.sumHits(i),
        cmd_set: of(ThreadCount.CMD_SET),
        delete_hits: of(ThreadCount.DELETE_HITS),
        incr_hits: of(ThreadCount.INCR_HITS),
        decr_hits: of(ThreadCount.DECR_HITS),
        cas_hits: of(ThreadCount.CAS_HITS),
        cas_badval: of(ThreadCount.CAS_BADVAL),
        touch_hits: of(ThreadCount.TOUCH_HITS)
      }
      for (const [name, value] of Object.entries(lines)) add(`${i + 1}:${name}`, value)
    }
    add('active_slabs', active)
    add('total_malloced', malloced)
  }
}
