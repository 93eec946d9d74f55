import { Stream } from '@memplug/engine'
import { words, type Line } from '@memplug/protocol'
import type { Connection } from '../connection.js'
import { Reading } from '../reading.js'

/** Those of memcached's proxy are unknown here, as they are where it is built without. */
const streams = Object.entries(Stream).map(
  ([name, bit]) => ({ word: Buffer.from(name.toLowerCase(), 'latin1'), bit }))

/** protocol.txt, "Watchers": watch <stream>*\r\n. It must come alone on its connection. */
export function watch (connection: Connection, line: Line, input: Buffer): void {
  const { settings } = connection.core
  const wanted = line.count === 1 ? Stream.FETCHERS : streamsOf(line, input)
  if (!settings.watching) connection.reply(words.NO_WATCH)
  else if (connection.hasUnflushed) connection.reply(words.WATCH_ALONE)
  else if (wanted === 0) connection.reply(words.ERROR)
  else connection.reply(begin(connection, wanted) ? words.OK : words.TOO_MANY_WATCHERS)
}

/** From now on it is sent what happens, and what it sends is ignored. False: too many do. */
function begin (connection: Connection, wanted: number): boolean {
  connection.watcher = connection.core.watchers.add(connection, wanted)
  if (connection.watcher === null) return false
  connection.reading = connection.idle = Reading.IGNORED
  return true
}

/** 0 if one of them is none. */
function streamsOf (line: Line, input: Buffer): number {
  if (line.count > line.starts.length) return 0
  let wanted = 0
  for (let i = 1; i < line.count; i++) {
    const stream = streams.find(({ word }) => line.is(input, i, word))
    if (stream === undefined) return 0
    wanted |= stream.bit
  }
  return wanted
}
