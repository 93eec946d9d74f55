import type { Host } from '@memplug/engine'
import type { Arena } from './arena.js'
import { ClassCount } from './counters.js'
import { Meta, Word } from './header.js'
import { tellEvicted } from './watching.js'

const { EXPIRES, USED, META } = Word
const { FETCHED, VISITED } = Meta
const {
  RECLAIMED, CRAWLER_RECLAIMED, EXPIRED_UNFETCHED, EVICTED, EVICTED_NONZERO, EVICTED_UNFETCHED,
  EVICTED_ACTIVE, EVICTED_TIME
} = ClassCount

/** Counts the items that go though nobody asked for it. Under the lock of the item's list. */
export class Losses {
  private readonly arena: Arena
  private readonly host: Host

  constructor (arena: Arena, host: Host) {
    this.arena = arena
    this.host = host
  }

  /** It had expired, or was flushed. */
  noteReclaimed (sizeClass: number, words: Int32Array, at: number, forRoom: boolean): void {
    const { counters } = this.arena
    const meta = words[at + META]
    const row = this.arena.rowOf(sizeClass, meta)
    counters.add(row, forRoom ? RECLAIMED : CRAWLER_RECLAIMED, 1)
    // memcached's crawler does not count what was flushed, its tail does.
    const counts = forRoom || !this.arena.isFlushed(words, at)
    if (counts && (meta & FETCHED) === 0) counters.add(row, EXPIRED_UNFETCHED, 1)
  }

  /** It was evicted; or, by the time, gone anyhow. */
  noteVictim (sizeClass: number, words: Int32Array, at: number, now: number): void {
    if (this.arena.isGone(words, at, now)) this.noteReclaimed(sizeClass, words, at, true)
    else this.noteEvicted(sizeClass, words, at, now)
  }

  private noteEvicted (sizeClass: number, words: Int32Array, at: number, now: number): void {
    const { counters } = this.arena
    const meta = words[at + META]
    const row = this.arena.rowOf(sizeClass, meta)
    counters.add(row, EVICTED, 1)
    if (words[at + EXPIRES] !== 0) counters.add(row, EVICTED_NONZERO, 1)
    if ((meta & FETCHED) === 0) counters.add(row, EVICTED_UNFETCHED, 1)
    if ((meta & VISITED) !== 0) counters.add(row, EVICTED_ACTIVE, 1)
    counters.put(row, EVICTED_TIME, now - words[at + USED])
    tellEvicted(this.host.watch, sizeClass, words, at)
  }
}
