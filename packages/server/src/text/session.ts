import { u64 } from '@memplug/engine'
import { Command, commandOf, expiryOf, parseSigned, words, type Line } from '@memplug/protocol'
import type { Connection } from '../connection.js'
import { LONGEST_LINE } from '../limits.js'
import { refuseLine } from '../parts.js'
import { flushAll, quit, unknown, verbosity, version } from './admin.js'
import { administer } from './administer.js'
import { arithmetic } from './arithmetic.js'
import { lruCrawler } from './crawler.js'
import { debugItem, debugTime } from './debug.js'
import { remove, touch } from './items.js'
import { meta } from './meta/session.js'
import { refreshCerts } from './refresh-certs.js'
import { beginKeys, readKeys } from './retrieval.js'
import { shutDown } from './shutdown.js'
import { stats } from './stats.js'
import { store } from './storage.js'
import { watch } from './watch.js'

const BLANK = 32
const NEWLINE = 10
const RETURN = 13

/** Serves one line, and the value behind it; answers where that ended. */
export function readLine (
  connection: Connection, input: Buffer, at: number, end: number
): number {
  let nameEnd = at
  let byte = 0
  while (nameEnd < end && (byte = input[nameEnd]!) !== BLANK && byte !== NEWLINE) nameEnd++
  if (nameEnd === end) return awaitLine(connection, at, end)
  const command = commandOf(input, at,
    byte === NEWLINE && input[nameEnd - 1] === RETURN ? nameEnd - 1 : nameEnd)
  if (byte === BLANK && (command === Command.GET || command === Command.GETS)) {
    if (connection.core.verbose) traceLine(connection, input, at, end)
    beginKeys(connection, command, 0)
    return readKeys(connection, input, nameEnd, end)
  }
  if (byte === BLANK && (command === Command.GAT || command === Command.GATS)) {
    return beginGat(connection, command, input, at, nameEnd, end)
  }
  const { line } = connection.core
  if (!line.read(input, at, end)) return awaitLine(connection, at, end)
  if (line.next - at > LONGEST_LINE) return closeAt(connection, end)
  if (connection.core.verbose) traceLine(connection, input, at, end)
  return serveLine(connection, command, line, input, end)
}

function serveLine (
  connection: Connection, command: Command, line: Line, input: Buffer, end: number
): number {
  switch (command) {
    case Command.SET: case Command.ADD: case Command.REPLACE: case Command.APPEND:
    case Command.PREPEND: case Command.CAS:
      return store(connection, command, line, input, end)
    case Command.INCR: case Command.DECR: arithmetic(connection, command, line, input); break
    case Command.DELETE: remove(connection, line, input); break
    case Command.TOUCH: touch(connection, line, input); break
    case Command.FLUSH_ALL: flushAll(connection, line, input); break
    case Command.VERSION: version(connection); break
    case Command.VERBOSITY: verbosity(connection, line, input); break
    case Command.SHUTDOWN: shutDown(connection, line, input); break
    case Command.STATS: stats(connection, line, input); break
    case Command.QUIT: quit(connection); break
    case Command.DEBUGTIME: debugTime(connection, line, input); break
    case Command.DEBUGITEM: debugItem(connection, line, input); break
    case Command.WATCH: case Command.LRU_CRAWLER:
      // What goes on for long is nothing for a reply in datagrams.
      if (connection.isDatagram) unknown(connection, line, input)
      else if (command === Command.WATCH) watch(connection, line, input)
      else lruCrawler(connection, line, input)
      break
    case Command.SLABS: case Command.LRU: case Command.CACHE_MEMLIMIT:
      administer(connection, line, input)
      break
    case Command.META_NOOP: case Command.META_DEBUG: case Command.META_GET: case Command.META_SET:
    case Command.META_DELETE: case Command.META_ARITHMETIC:
      return meta(connection, command, line, input, end)
    case Command.REFRESH_CERTS: refreshCerts(connection, line, input); break
    case Command.UNKNOWN: unknown(connection, line, input); break
    default: connection.reply(words.BAD_LINE) // a get without a key
  }
  return line.next
}

/** "gat <exptime> <key>*\r\n": the time is read here, the keys as those of a get. */
function beginGat (
  connection: Connection, command: Command, input: Buffer, at: number, nameEnd: number, end: number
): number {
  let start = nameEnd
  while (start < end && input[start] === BLANK) start++
  let timeEnd = start
  let byte = 0
  while (timeEnd < end && (byte = input[timeEnd]!) !== BLANK && byte !== NEWLINE) timeEnd++
  if (timeEnd === end) return awaitLine(connection, at, end)
  if (connection.core.verbose) traceLine(connection, input, at, end)
  if (byte === BLANK && !parseSigned(input, start, timeEnd)) {
    connection.reply(words.BAD_EXPTIME)
    refuseLine(connection)
    return timeEnd
  }
  const { clock } = connection.core
  beginKeys(connection, command, byte === BLANK ? expiryOf(u64.low, clock.now, clock.epoch) : 0)
  return readKeys(connection, input, timeEnd, end)
}

function awaitLine (connection: Connection, at: number, end: number): number {
  return end - at > LONGEST_LINE ? closeAt(connection, end) : at
}

function closeAt (connection: Connection, end: number): number {
  connection.end()
  return end
}

function traceLine (connection: Connection, input: Buffer, at: number, end: number): void {
  const newline = input.indexOf(NEWLINE, at)
  connection.trace('<', '', input, at, newline < 0 || newline > end ? end : newline + 1)
}
