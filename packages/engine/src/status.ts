/** What a call came to. The numbers are those of memcached's binary protocol. */
export const Status = {
  SUCCESS: 0x00,
  NOT_FOUND: 0x01,
  /** The item is there, but its cas is not the one asked for. */
  EXISTS: 0x02,
  TOO_LARGE: 0x03,
  INVALID: 0x04,
  /** A condition (add, replace, append, prepend) did not hold. */
  NOT_STORED: 0x05,
  NOT_NUMERIC: 0x06,
  NO_MEMORY: 0x82,
  /** This engine never does that; the server may do it in its place. */
  NOT_SUPPORTED: 0x83,
  INTERNAL: 0x84,
  /** The backing service is away; the client may try again. */
  TEMPORARY_FAILURE: 0x86
} as const
export type Status = (typeof Status)[keyof typeof Status]

/** An engine answers now, with a number, or later, with a promise of one. */
export type Answer = Status | Promise<Status>
