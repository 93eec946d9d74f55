import { performance } from 'node:perf_hooks'
import { Stream, type EvictedItem, type Watch } from '@memplug/engine'
import type { Connection } from '../connection.js'
import { Counter } from '../counters.js'
import type { ServerSettings } from '../options.js'
import type { Shared } from '../shared.js'
import { connClose, connError, connNew, eviction } from './lines.js'
import type { Outbox, WatchEvent } from './outbox.js'
import { Watcher } from './watcher.js'

const { CONNEVENTS } = Stream

/** Who watches on this thread, and what there is to see for watchers on any. */
export class Watchers implements Watch {
  readonly streams: Int32Array
  /** The connection whose request is served just now. */
  asker = 0
  /** Leads to the watchers on other threads, if there are other threads. */
  outbox: Outbox | null = null
  readonly #shared: Shared
  readonly #settings: ServerSettings
  readonly #watchers = new Set<Watcher>()
  #missed: 'expired' | 'flushed' | 'not_found' = 'not_found'

  constructor (shared: Shared, settings: ServerSettings) {
    this.#shared = shared
    this.#settings = settings
    this.streams = shared.streams.words
  }

  /** Watchers on all threads. */
  get count (): number { return this.#shared.streams.watchers }

  /** Null if there are too many. */
  add (connection: Connection, streams: number): Watcher | null {
    const { streams: all, thread } = this.#shared
    if (!all.add(thread, streams)) return null
    const watcher = new Watcher(
      connection, streams, all.nextEvent(), this.#settings.watcherLogBuffer)
    this.#watchers.add(watcher)
    return watcher
  }

  opened ({ id, link }: Connection): void {
    if (this.isWatched(CONNEVENTS)) this.tell(CONNEVENTS, connNew(link.remote, id))
  }

  closed ({ id, link, closeReason, watcher }: Connection): void {
    if (watcher !== null) {
      this.#watchers.delete(watcher)
      watcher.end()
    }
    if (!this.isWatched(CONNEVENTS)) return
    if (link.errno !== 0) this.tell(CONNEVENTS, connError(link.errno, id))
    this.tell(CONNEVENTS, connClose(link.remote, closeReason, id))
  }

  /** Somebody watches one of these streams. */
  isWatched (streams: number): boolean { return (this.streams[0] & streams) !== 0 }

  /**
   * Counts an event of this stream if nobody who watches has room for it, which costs much less
   * than to find out about it; false if it is to be told.
   */
  skips (stream: number): boolean {
    const { counters, streams: all, thread } = this.#shared
    if (all.hasRoom(thread, stream)) return false
    const goesOut = this.outbox !== null && all.hasRoomBeside(thread, stream)
    if (goesOut && !this.outbox!.isFull) return false
    all.nextEvent()
    counters[Counter.log_worker_written]++
    if (goesOut) counters[Counter.log_worker_dropped]++
    counters[Counter.log_watcher_skipped] += all.skipFull(stream)
    return true
  }

  /** Tells an event of this stream, which is what `text` says: latin1, without a line end. */
  tell (stream: number, text: string): void {
    if (!this.isWatched(stream) || this.skips(stream)) return
    const { counters, streams: all, thread } = this.#shared
    const number = all.nextEvent()
    const event = { stream, number, line: `ts=${timestamp()} gid=${number} ${text}\n` }
    counters[Counter.log_worker_written]++
    this.#deliver(event)
    if (this.outbox === null) return
    if (!all.hasRoomBeside(thread, stream)) {
      counters[Counter.log_watcher_skipped] += all.skipFull(stream, thread)
    } else if (!this.outbox.add(event)) counters[Counter.log_worker_dropped]++
  }

  /** Events of another thread. */
  take (events: readonly WatchEvent[]): void {
    for (const event of events) this.#deliver(event)
  }

  // --- from the engine

  evicted (item: EvictedItem): void {
    if (this.skips(Stream.EVICTIONS)) return
    this.tell(Stream.EVICTIONS, eviction(item, this.#shared.now))
  }

  missed (why: 'expired' | 'flushed'): void { this.#missed = why }

  /** Why the last call found nothing, as far as it is known. */
  takeMissed (): 'expired' | 'flushed' | 'not_found' {
    const why = this.#missed
    this.#missed = 'not_found'
    return why
  }

  event (text: string): void {
    this.tell(Stream.SYSEVENTS, text.replace(/[^ -~]/g, ' '))
  }

  #deliver ({ stream, number, line }: WatchEvent): void {
    const { counters } = this.#shared
    for (const watcher of this.#watchers) {
      if (!watcher.wants(stream, number)) continue
      counters[watcher.add(line) ? Counter.log_watcher_sent : Counter.log_watcher_skipped]++
    }
  }
}

/** Unix time in seconds and microseconds. */
function timestamp (): string {
  return ((performance.timeOrigin + performance.now()) / 1000).toFixed(6)
}
