/** The words of the meta commands, and their exact error texts in memcached. */
const line = (text: string) => Buffer.from(`${text}\r\n`, 'latin1')
const code = (text: string) => Buffer.from(text, 'latin1')

export const metaWords = {
  /** Return codes, which flags may follow. */
  HD: code('HD'),
  VA: code('VA '),
  EN: code('EN'),
  NS: code('NS'),
  EX: code('EX'),
  NF: code('NF'),
  MN: line('MN'),
  NO_ITEM: line('EN'),

  /** A key that is too long, or no client flags: not words.BAD_LINE, though it reads alike. */
  BAD_FORMAT: line('CLIENT_ERROR bad command line format'),
  DUPLICATE_FLAG: line('CLIENT_ERROR duplicate flag'),
  BAD_FLAG: line('CLIENT_ERROR invalid flag'),
  BAD_OR_DUPLICATE_FLAG: line('CLIENT_ERROR invalid or duplicate flag'),
  TOO_MANY_FLAGS: line('CLIENT_ERROR options flags are too long'),
  BAD_TOKEN: line('CLIENT_ERROR bad token in command line format'),
  BAD_BASE64: line('CLIENT_ERROR error decoding key'),
  LONG_OPAQUE: line('CLIENT_ERROR opaque token too long'),
  BAD_STORE_MODE: line('CLIENT_ERROR invalid mode for ms M token'),
  BAD_COUNT_MODE: line('CLIENT_ERROR invalid mode for ma M token'),
  BAD_DELTA: line('CLIENT_ERROR invalid numeric delta value'),
  BAD_INITIAL: line('CLIENT_ERROR invalid numeric initial value'),
  NO_MEMORY_CREATE: line('SERVER_ERROR Out of memory allocating new item'),

  // Not memcached's: what an engine of one's own may leave out.
  NOT_KEPT: line('CLIENT_ERROR flag not supported by the engine')
} as const
