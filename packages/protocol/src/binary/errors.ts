import { Status } from '@memplug/engine'

/** Statuses of the protocol that no engine answers. */
export const WireStatus = {
  AUTH_ERROR: 0x20,
  AUTH_CONTINUE: 0x21,
  UNKNOWN_COMMAND: 0x81
} as const

const text = (words: string) => Buffer.from(words, 'latin1')
const UNEXPECTED = text('Internal error')

const bodies: Readonly<Record<number, Buffer>> = {
  [Status.NOT_FOUND]: text('Not found'),
  [Status.EXISTS]: text('Data exists for key.'),
  [Status.TOO_LARGE]: text('Too large.'),
  [Status.INVALID]: text('Invalid arguments'),
  [Status.NOT_STORED]: text('Not stored.'),
  [Status.NOT_NUMERIC]: text('Non-numeric server-side value for incr or decr'),
  [WireStatus.AUTH_ERROR]: text('Auth failure.'),
  [WireStatus.UNKNOWN_COMMAND]: text('Unknown command'),
  [Status.NO_MEMORY]: text('Out of memory'),
  [Status.NOT_SUPPORTED]: text('Not supported'),
  [Status.INTERNAL]: UNEXPECTED,
  [Status.TEMPORARY_FAILURE]: text('Temporary failure')
}

/** The body of a reply with this status. */
export function errorBody (status: number): Buffer {
  return bodies[status] ?? UNEXPECTED
}
