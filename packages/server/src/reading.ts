/** What the next byte belongs to. */
export const Reading = {
  /** The first byte of the connection decides on the protocol. */
  PROTOCOL: 0,
  LINE: 1,
  FRAME: 2,
  /** Keys of a get line. */
  KEYS: 3,
  VALUE: 4,
  /** The line end behind a value of the text protocol. */
  END_OF_VALUE: 5,
  /** Bytes of a refused value, and the rest of a refused line. */
  REFUSED_VALUE: 6,
  REFUSED_LINE: 7,
  /** What a watcher sends is no request. */
  IGNORED: 8,
  /** A line, a frame of a client that has not logged in. */
  LOGIN_LINE: 9,
  LOGIN_FRAME: 10
} as const
export type Reading = (typeof Reading)[keyof typeof Reading]
