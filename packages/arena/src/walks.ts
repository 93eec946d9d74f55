import { Stream, type Host } from '@memplug/engine'
import { SEGMENT_BITS } from './lru.js'

const names = ['hot', 'warm', 'cold', 'temp']
/** Of a list without others. */
const ONLY = 'cold'
const SEGMENT_MASK = (1 << SEGMENT_BITS) - 1

/**
 * Tells watchers of each walk of the crawler over a list, in memcached's words (items.c). What
 * memcached foresees of the next walk is not known here: it is told as 0. Called under the lock
 * of the list.
 */
export class Walks {
  private readonly host: Host
  private readonly isSegmented: boolean
  /** By list: when the walk began, and when the one before it ended, on this thread. */
  private readonly begun: number[] = []
  private readonly ended: number[] = []

  constructor (host: Host, isSegmented: boolean) {
    this.host = host
    this.isSegmented = isSegmented
  }

  begin (list: number, now: number): void {
    this.begun[list] = now
  }

  /** It has looked at `seen` items; the next one comes in `rest` seconds, or when it is due. */
  end (list: number, now: number, seen: number, freed: number, rest: number): void {
    const sinceRun = now - (this.ended[list] ?? now)
    this.ended[list] = now
    const { watch } = this.host
    if (watch === undefined || seen === 0 || (watch.streams[0] & Stream.SYSEVENTS) === 0) return
    const sizeClass = this.isSegmented ? list >>> SEGMENT_BITS : list
    const name = this.isSegmented ? names[list & SEGMENT_MASK] : ONLY
    watch.event(`type=lru_crawler crawler=${sizeClass + 1} lru=${name} low_mark=0 ` +
      `next_reclaims=0 since_run=${sinceRun} next_run=${rest} ` +
      `elapsed=${now - (this.begun[list] ?? now)} examined=${seen} reclaimed=${freed}`)
  }
}
