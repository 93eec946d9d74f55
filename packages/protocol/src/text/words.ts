/** The words of the text protocol: doc/protocol.txt of memcached, and its exact error texts. */
const line = (text: string) => Buffer.from(`${text}\r\n`, 'latin1')

export const words = {
  VALUE: Buffer.from('VALUE ', 'latin1'),
  END_OF_LINE: line(''),
  END: line('END'),
  STORED: line('STORED'),
  NOT_STORED: line('NOT_STORED'),
  EXISTS: line('EXISTS'),
  NOT_FOUND: line('NOT_FOUND'),
  DELETED: line('DELETED'),
  TOUCHED: line('TOUCHED'),
  OK: line('OK'),
  RESET: line('RESET'),

  ERROR: line('ERROR'),
  BAD_LINE: line('CLIENT_ERROR bad command line format'),
  BAD_CHUNK: line('CLIENT_ERROR bad data chunk'),
  BAD_DELETE: line('CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]'),
  BAD_EXPTIME: line('CLIENT_ERROR invalid exptime argument'),
  BAD_DELTA: line('CLIENT_ERROR invalid numeric delta argument'),
  NOT_NUMERIC: line('CLIENT_ERROR cannot increment or decrement non-numeric value'),
  BAD_STATS: line('CLIENT_ERROR bad command line'),
  BAD_CLASS: line('CLIENT_ERROR Illegal slab id'),
  BAD_DETAIL: line('CLIENT_ERROR usage: stats detail on|off|dump'),
  NO_DETAIL: line('CLIENT_ERROR stats detail not allowed'),
  NO_CACHEDUMP: line('CLIENT_ERROR stats cachedump not allowed'),
  NO_FLUSH: line('CLIENT_ERROR flush_all not allowed'),
  NO_WATCH: line('CLIENT_ERROR watch commands not allowed'),
  WATCH_ALONE: line('ERROR cannot pipeline other commands before watch'),
  TOO_MANY_WATCHERS: line('WATCHER_TOO_MANY log watcher limit reached'),
  NO_SHUTDOWN: line('SERVER_ERROR: shutdown not enabled'),
  BAD_SHUTDOWN: line('CLIENT_ERROR invalid shutdown mode'),
  TOO_LARGE: line('SERVER_ERROR object too large for cache'),
  NO_MEMORY: line('SERVER_ERROR out of memory storing object'),
  NO_MEMORY_DELTA: line('SERVER_ERROR out of memory'),
  TOO_MANY_CONNECTIONS: line('ERROR Too many open connections'),

  // Not memcached's: what an engine of one's own can come to.
  NOT_SUPPORTED: line('SERVER_ERROR not supported by the engine'),
  INTERNAL: line('SERVER_ERROR internal error of the engine'),
  TEMPORARY_FAILURE: line('SERVER_ERROR temporary failure'),
  TIMEOUT: line('SERVER_ERROR engine timeout')
} as const
