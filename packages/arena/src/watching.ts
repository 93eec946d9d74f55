import { Stream, type Watch } from '@memplug/engine'
import { HEADER_SIZE, Meta, Word } from './header.js'

const { EXPIRES, USED, META, SIZE } = Word

/** An item that is being evicted: its header begins at `at`. Under its locks. */
export function tellEvicted (
  watch: Watch | undefined, sizeClass: number, words: Int32Array, at: number
): void {
  if (watch === undefined || (watch.streams[0] & Stream.EVICTIONS) === 0) return
  const meta = words[at + META]
  const start = words.byteOffset + at * 4 + HEADER_SIZE
  const key = Buffer.from(words.buffer, start, meta & Meta.KEY_LENGTH)
  watch.evicted({
    key,
    keyStart: 0,
    keyEnd: key.length,
    size: words[at + SIZE],
    itemClass: sizeClass + 1,
    expires: words[at + EXPIRES],
    used: words[at + USED],
    fetched: (meta & Meta.FETCHED) !== 0
  })
}

/** A lookup has met an item that is there no more. */
export function tellMissed (watch: Watch | undefined, isFlushed: boolean): void {
  if (watch === undefined || (watch.streams[0] & Stream.FETCHERS) === 0) return
  watch.missed(isFlushed ? 'flushed' : 'expired')
}
